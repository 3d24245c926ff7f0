using Lectern.Jobs.Views;
using Lectern.SharedKernel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lectern.Bench;

/// <summary>
/// The floor of the HTTP rows, in a process of its own: a minimal API on Npgsql and nothing else. No token, no row
/// security, no log.
/// </summary>
internal static class BareApi
{
    public const string Command = "bare-api";

    public static Task<ChildProcess> StartAsync(Installation installation) =>
        ChildProcess.StartAsync(
            new Dictionary<string, string>(),
            $"{installation.Folder}/bare-log",
            "/one",
            null,
            Path.Combine(AppContext.BaseDirectory, "Lectern.Bench.dll"),
            Command,
            installation.ConnectionString
        );

    public static async Task ServeAsync(string connectionString)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(
            NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(connectionString)
                {
                    MaxPoolSize = 40,
                    MaxAutoPrepare = 200,
                    AutoPrepareMinUsages = 2,
                    NoResetOnClose = true,
                }
            )
        );
        var app = builder.Build();
        app.MapGet(
            "/one",
            async (NpgsqlDataSource source) =>
            {
                await using var command = source.CreateCommand("select 1");
                return await command.ExecuteScalarAsync();
            }
        );
        app.MapGet("/api/v1/jobs/{id}", GetJobAsync);
        await app.RunAsync();
    }

    private static async Task<IResult> GetJobAsync(string id, NpgsqlDataSource source)
    {
        PublicId.TryParse("job", id, out var job);
        await using var command = source.CreateCommand(
            $"select {JobView.Columns} from {JobView.Tables} where v.id = $1"
        );
        command.Parameters.Add(new() { Value = job });
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? Results.Ok(JobView.Read(reader).View) : Results.NotFound();
    }
}
