using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Activity.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Activity.Webhooks;

/// <summary>A delivery as it arrived.</summary>
internal sealed record Received(
    string Path,
    string Id,
    string Timestamp,
    string Signature,
    IReadOnlyDictionary<string, string> Headers,
    byte[] Body
)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>The status of the answer; null until there is one, and when it was hung up on.</summary>
    public int? Answered { get; set; }

    /// <summary>Whether a secret signed it.</summary>
    public bool IsSignedWith(string secret) =>
        Signature
            .Split(' ')
            .Contains(
                WebhookSecret.Sign(
                    Id,
                    long.Parse(Timestamp, CultureInfo.InvariantCulture),
                    Body,
                    [Convert.FromBase64String(secret["whsec_".Length..])]
                )
            );
}

/// <summary>Somebody's server, which does with deliveries what a test says, path by path; it answers 204 otherwise.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Func<HttpContext, int, Task>> _scripts = [];
    private readonly ConcurrentQueue<Received> _received = [];
    private readonly ConcurrentDictionary<string, int> _calls = [];

    private Receiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.First(url => url.StartsWith("http:", StringComparison.Ordinal));

    /// <summary>With a certificate that nobody trusts.</summary>
    public string TlsUrl => _app.Urls.First(url => url.StartsWith("https:", StringComparison.Ordinal));

    public IReadOnlyList<Received> All => [.. _received];

    public IReadOnlyList<Received> At(string path) => [.. _received.Where(each => each.Path == path)];

    /// <summary>What to do with the n-th delivery to a path, from 1.</summary>
    public void On(string path, Func<HttpContext, int, Task> script) => _scripts[path] = script;

    /// <summary>Which statuses to answer with, one after the other; the last one from then on.</summary>
    public void On(string path, params int[] statuses) =>
        On(
            path,
            (http, call) =>
            {
                http.Response.StatusCode = statuses[Math.Min(call, statuses.Length) - 1];
                return Task.CompletedTask;
            }
        );

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(SelfSigned()));
        });
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(receiver.ReceiveAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var path = http.Request.Path.Value!;
        var headers = http.Request.Headers.ToDictionary(
            header => header.Key.ToLowerInvariant(),
            header => header.Value.ToString()
        );
        var received = new Received(
            path,
            headers.GetValueOrDefault("webhook-id", ""),
            headers.GetValueOrDefault("webhook-timestamp", ""),
            headers.GetValueOrDefault("webhook-signature", ""),
            headers,
            body.ToArray()
        );
        _received.Enqueue(received);
        var call = _calls.AddOrUpdate(path, 1, (_, before) => before + 1);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        if (_scripts.TryGetValue(path, out var script))
            await script(http, call);
        received.Answered = http.RequestAborted.IsCancellationRequested ? null : http.Response.StatusCode;
    }

    /// <summary>Answers until it is hung up on, so many bytes at a time; gives how many went out.</summary>
    public static async Task<long> PourAsync(HttpContext http, int bytes, TimeSpan pause)
    {
        http.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        http.Response.StatusCode = 200;
        var (sent, piece) = (0L, Encoding.ASCII.GetBytes(new string('x', bytes)));
        using var timer = new PeriodicTimer(pause);
        try
        {
            for (; sent < 1L << 30; sent += bytes)
            {
                await http.Response.Body.WriteAsync(piece, http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
                await timer.WaitForNextTickAsync(http.RequestAborted);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // hung up on
        }

        return sent;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
