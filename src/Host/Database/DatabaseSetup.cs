using Lectern.Eventing;
using Lectern.Host.EmbeddedPostgres;
using Npgsql;

namespace Lectern.Host.Database;

/// <summary>Which database the host uses: the one it is given, else the embedded one.</summary>
internal static class DatabaseSetup
{
    /// <summary>The key of the connection string; when it isn't set, it is filled with that of the embedded server.</summary>
    public const string Key = "ConnectionStrings:Lectern";

    /// <summary>Registers the database, and what makes it ready at the start.</summary>
    public static void AddDatabase(
        this IServiceCollection services,
        IConfiguration configuration,
        string dataFolder,
        string? binaries
    )
    {
        if (string.IsNullOrEmpty(configuration[Key]))
        {
            var folders = PostgresFolders.For(dataFolder);
            configuration[Key] = PrivateServer.ConnectionStringFor(folders);
            services.AddSingleton(provider => new PrivateServer(
                folders,
                string.IsNullOrEmpty(binaries) ? null : binaries,
                provider.GetRequiredService<ILogger<PrivateServer>>()
            ));
        }

        var connectionString = ReadConnectionString(configuration);
        var few = new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 2 }; // health asks, and nobody else
        services.AddSingleton(_ => new NpgsqlDataSourceBuilder(few.ConnectionString) { Name = "lectern" }.Build());
        services.AddSingleton(provider => new DatabaseStart(
            connectionString,
            provider.GetService<PrivateServer>(),
            provider.GetRequiredService<Migrations>()
        ));
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseStart>());
    }

    private static string ReadConnectionString(IConfiguration configuration)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(configuration[Key]).ConnectionString;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // The value holds a password, so it is not shown.
            throw new StartRefusedException(
                $"{Key} must be an Npgsql connection string such as 'Host=db;Database=lectern;Username=lectern;Password=…' "
                    + "(ConnectionStrings__Lectern in the environment).",
                StartRefusedException.WrongSetting
            );
        }
    }
}
