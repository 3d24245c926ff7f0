using Lectern.Host.Database;

namespace Lectern.Host.Commands;

/// <summary>
/// What an operator's command runs in: the host's services and its database, without serving or working on jobs. It may
/// run beside a host that serves; then it joins that host's embedded Postgres.
/// </summary>
internal static class OperatorWork
{
    /// <summary>Makes the database ready, does the work, and gives its exit code.</summary>
    public static async Task<int> RunAsync(
        Func<IServiceProvider, CancellationToken, Task<int>> work,
        CancellationToken cancellationToken
    )
    {
        await using var app = LecternHost.Build(configure: builder => builder.LogOnlyWarnings());
        var database = app.Services.GetRequiredService<DatabaseStart>();
        await database.StartingAsync(cancellationToken);
        try
        {
            return await work(app.Services, cancellationToken);
        }
        finally
        {
            await database.StoppedAsync(CancellationToken.None);
        }
    }
}
