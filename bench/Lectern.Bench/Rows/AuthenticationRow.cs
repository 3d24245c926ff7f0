using System.Diagnostics;
using System.Security.Cryptography;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.Tokens;
using Lectern.SharedKernel.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Bench.Rows;

/// <summary>What it costs a request to find out who calls, through the authentication handler as the host registers it.</summary>
internal sealed class AuthenticationRow : IRow
{
    private const int Tokens = 1000;
    private const int Rounds = 7;

    public string Name => "auth";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var installation = await Installation.CreateAsync(postgres);
        var tokens = installation.Services.GetRequiredService<AccessTokens>();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var data = RandomNumberGenerator.GetBytes(300); // a token without its signature is about as long
        var signature = key.SignData(data, HashAlgorithmName.SHA256);
        List<double> floors = [],
            firsts = [],
            agains = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var headers = Enumerable
                .Range(0, Tokens)
                .Select(_ => $"Bearer {tokens.Issue(Guid.CreateVersion7(), Anyone())}")
                .ToArray();
            var floor = await MicrosecondsAsync(_ =>
                Task.FromResult(key.VerifyData(data, signature, HashAlgorithmName.SHA256))
            );
            var first = await MicrosecondsAsync(i => AuthenticateAsync(headers[i]));
            var again = await MicrosecondsAsync(i => AuthenticateAsync(headers[i]));
            if (round == 0)
                continue; // warm-up
            floors.Add(floor);
            firsts.Add(first);
            agains.Add(again);
        }

        var bare = $"{Line.Number(Median(floors))} µs";
        yield return new(
            "authentication of a request, first use of a token (floor: an ES256 verification)",
            bare,
            $"{Line.Number(Median(firsts))} µs",
            Line.Number(Median(firsts) / Median(floors)),
            "≤ 100 µs",
            Median(firsts) <= 100
        );
        yield return new(
            "the same, a token that was seen before",
            bare,
            $"{Line.Number(Median(agains))} µs",
            Line.Number(Median(agains) / Median(floors)),
            "≤ 10 µs",
            Median(agains) <= 10
        );

        async Task<bool> AuthenticateAsync(string header)
        {
            await using var scope = installation.Services.CreateAsyncScope();
            var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
            context.Request.Headers.Authorization = header;
            return (await context.AuthenticateAsync()).Succeeded;
        }
    }

    private static async Task<double> MicrosecondsAsync(Func<int, Task<bool>> once)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Tokens; i++)
            if (!await once(i))
                throw new InvalidOperationException("A good token was refused.");
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Tokens;
    }

    private static Membership Anyone() =>
        new(Guid.CreateVersion7(), Guid.CreateVersion7(), Role.Editor, Guid.CreateVersion7(), IsPlatformAdmin: false);

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
