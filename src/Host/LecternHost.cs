using Lectern.Eventing;
using Lectern.Host.Database;
using Lectern.Host.Health;
using Lectern.Host.Http;
using Lectern.Host.Mail;
using Lectern.Host.OpenApi;
using Lectern.Host.Settings;
using Lectern.Host.Telemetry;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Mail;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Secrets;
using Lectern.SharedKernel.Settings;

namespace Lectern.Host;

/// <summary>Puts the host together. The commands and the tests build the same one.</summary>
internal static class LecternHost
{
    private const string DefaultAddress = "http://localhost:8080";

    /// <summary>Reads the settings, registers everything, and maps the endpoints; nothing is started yet.</summary>
    /// <param name="settings">Settings that win over appsettings.json and the environment, by their keys.</param>
    /// <param name="modules">The modules; all of them by default.</param>
    /// <param name="configure">The last word on what is registered, for tests and commands.</param>
    /// <exception cref="StartRefusedException">A setting is wrong.</exception>
    public static WebApplication Build(
        IReadOnlyDictionary<string, string?>? settings = null,
        IReadOnlyList<IModule>? modules = null,
        Action<WebApplicationBuilder>? configure = null
    )
    {
        modules ??= Modules.All;
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions
            {
                ApplicationName = typeof(LecternHost).Assembly.GetName().Name,
                ContentRootPath = AppContext.BaseDirectory, // appsettings.json and web files lie beside the program
            }
        );
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        if (
            string.IsNullOrEmpty(builder.Configuration["urls"])
            && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists()
        )
            builder.WebHost.UseUrls(DefaultAddress);

        AddHostSettings(builder.Services, builder.Configuration);
        Require(builder, catalogue => catalogue.CheckValues(builder.Configuration));
        var http = Read<HttpSettings>(builder, "Http");
        builder.AddTelemetry(Read<TelemetrySettings>(builder, "Telemetry"));
        builder.AddHttpShell(http, Read<RateLimitSettings>(builder, "RateLimits"));
        AddFoundations(builder);
        AddModules(builder.Services, builder.Configuration, modules);
        Require(builder, catalogue => catalogue.CheckValues(builder.Configuration));
        Require(builder, catalogue => catalogue.CheckNames(builder.Configuration));
        builder.Services.AddHealth();
        builder.Services.AddApiDescription();
        configure?.Invoke(builder);

        var app = builder.Build();
        _ = app.Services.GetRequiredService<MasterKey>(); // made or found unreadable now, not at the first request
        _ = app.Services.GetRequiredService<MetricsPage>(); // before whatever counts
        app.UseHttpShell(http);
        app.MapApiRoot();
        app.MapHealth();
        app.MapMetricsPage();
        app.MapApiDescription();
        var api = app.MapGroup("/api/v1");
        foreach (var module in modules)
        {
            module.MapEndpoints(api);
            module.MapRootEndpoints(app);
        }

        return app;
    }

    /// <summary>Every setting of the host and of the modules, without building them.</summary>
    public static SettingsCatalogue Catalogue(IReadOnlyList<IModule> modules)
    {
        var services = new ServiceCollection();
        using var configuration = new ConfigurationManager();
        AddHostSettings(services, configuration);
        foreach (var module in modules)
            module.AddServices(services, configuration);
        return SettingsCatalogue.Of(services);
    }

    private static void AddHostSettings(IServiceCollection services, IConfiguration configuration) =>
        services
            .AddSettings<DataSettings>(configuration, "Data")
            .AddSettings<PostgresSettings>(configuration, "Postgres")
            .AddSettings<HttpSettings>(configuration, "Http")
            .AddSettings<RateLimitSettings>(configuration, "RateLimits")
            .AddSettings<SecretsSettings>(configuration, "Secrets")
            .AddSettings<MailSettings>(configuration, "Mail")
            .AddSettings<TelemetrySettings>(configuration, "Telemetry");

    /// <summary>What modules find in the container: database, blobs, mail, links, keys, clock.</summary>
    private static void AddFoundations(WebApplicationBuilder builder)
    {
        var services = builder.Services;
        var data = Read<DataSettings>(builder, "Data");
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new DataFolder(Path.GetFullPath(data.Folder)));
        services.AddSingleton(_ => PublicAddressOf(builder));
        services.AddSingleton(_ =>
            MasterKeyFile.Load(Read<SecretsSettings>(builder, "Secrets").MasterKey, data.Folder)
        );
        services.AddSingleton<IBlobStore>(_ => new LocalBlobStore(data.BlobFolder));
        var mail = Read<MailSettings>(builder, "Mail");
        services.AddSingleton<IMailer>(provider => new CountedMailer(
            mail.FolderIn(data.Folder) is { } folder
                ? new FolderMailer(folder, mail.From, provider.GetRequiredService<TimeProvider>())
                : new SmtpMailer(mail)
        ));
        services.AddSingleton<SignedLinks>();
        services.AddSingleton<PageCursor>();
        services.AddSingleton<MediaToolOptions>();
        services.AddSingleton<Ffmpeg>();
        services.AddDatabase(builder.Configuration, data.Folder, Read<PostgresSettings>(builder, "Postgres").Binaries);
    }

    private static void AddModules(
        IServiceCollection services,
        ConfigurationManager configuration,
        IReadOnlyList<IModule> modules
    )
    {
        var eventing = new EventingBuilder(services);
        foreach (var module in modules)
        {
            module.AddServices(services, configuration);
            module.AddEventing(eventing);
        }

        services.AddEventing(eventing, _ => configuration[DatabaseSetup.Key]!);
        services.AddHostedService<Housekeeping>();
        WithoutDataProtectionKeys(services);
    }

    /// <summary>
    /// Authentication brings Data Protection along, which at every start makes keys, writes them unencrypted into the home
    /// folder and warns about it. Nothing here uses them: our keys come from the master key.
    /// </summary>
    private static void WithoutDataProtectionKeys(IServiceCollection services)
    {
        const string maker = "Microsoft.AspNetCore.DataProtection.Internal.DataProtectionHostedService";
        foreach (var service in services.Where(s => s.ImplementationType?.FullName == maker).ToList())
            services.Remove(service);
    }

    private static PublicAddress PublicAddressOf(WebApplicationBuilder builder)
    {
        var listensOn = builder.Configuration["urls"]?.Split(';')[0];
        var address =
            Read<HttpSettings>(builder, "Http").PublicUrl is { Length: > 0 } given ? given
            : Uri.TryCreate(listensOn, UriKind.Absolute, out var first) && first.Port > 0 ? first.ToString() // not http://*:8080
            : DefaultAddress;
        return new PublicAddress(address.TrimEnd('/'));
    }

    private static T Read<T>(WebApplicationBuilder builder, string name)
        where T : new() => builder.Configuration.GetSection("Lectern:" + name).Get<T>() ?? new T();

    private static void Require(WebApplicationBuilder builder, Func<SettingsCatalogue, IReadOnlyList<string>> check)
    {
        if (check(SettingsCatalogue.Of(builder.Services)) is { Count: > 0 } faults)
            throw new StartRefusedException(faults[0], StartRefusedException.WrongSetting);
    }
}
