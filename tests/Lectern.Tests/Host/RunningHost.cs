using Lectern.Host;
using Lectern.Host.Database;
using Lectern.SharedKernel;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Host;

/// <summary>The real host on a real port, with modules of the test's choice and no database.</summary>
internal sealed class RunningHost : IAsyncDisposable
{
    private readonly TemporaryFolder _data;
    private readonly WebApplication _app;

    private RunningHost(TemporaryFolder data, WebApplication app)
    {
        _data = data;
        _app = app;
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(app.Urls.First()),
        };
    }

    public HttpClient Client { get; }

    public static async Task<RunningHost> StartAsync(
        IModule? module = null,
        Dictionary<string, string?>? settings = null,
        Action<WebApplicationBuilder>? configure = null
    )
    {
        var data = new TemporaryFolder();
        var all = new Dictionary<string, string?>(settings ?? [])
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Lectern:Data:Folder"] = data.Path,
            // Nothing listens there, so whatever asks the database fails at once.
            ["ConnectionStrings:Lectern"] = $"Host={data.Path};Username=nobody;Timeout=2",
        };
        var app = LecternHost.Build(
            all,
            module is null ? [] : [module],
            builder =>
            {
                builder.Logging.ClearProviders();
                var start = builder.Services.Single(service =>
                    service.ServiceType == typeof(IHostedService)
                    && service.ImplementationFactory?.Method.ReturnType == typeof(DatabaseStart)
                );
                builder.Services.Remove(start);
                configure?.Invoke(builder);
            }
        );
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RunningHost(data, app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _data.Dispose();
    }
}
