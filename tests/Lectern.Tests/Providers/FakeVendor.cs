using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Providers;

/// <summary>A request as it came over the wire.</summary>
internal sealed record VendorRequest(
    string Method,
    string Path,
    IReadOnlyDictionary<string, string> Headers,
    byte[] Body
)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>
/// A server on a real socket that stands in for a vendor. What it answers, the test says in the vendor's published
/// format; what it was asked, it writes down.
/// </summary>
internal sealed class FakeVendor : IAsyncDisposable
{
    private readonly ConcurrentQueue<VendorRequest> _requests = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly WebApplication _server;

    private FakeVendor(WebApplication server) => _server = server;

    /// <summary>What it answers.</summary>
    public RequestDelegate Answer { get; set; } = Answers.Status(StatusCodes.Status404NotFound);

    /// <summary>Where it is, ending in a slash.</summary>
    public Uri Url { get; private set; } = new("http://localhost/");

    /// <summary>What it was asked, in order.</summary>
    public IReadOnlyList<VendorRequest> Requests => [.. _requests];

    public static async Task<FakeVendor> StartAsync(RequestDelegate? answer = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinResponseDataRate = null; // it may drip
        });
        var vendor = new FakeVendor(builder.Build());
        if (answer is not null)
            vendor.Answer = answer;
        vendor._server.Run(vendor.HandleAsync);
        await vendor._server.StartAsync();
        var address = vendor._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        vendor.Url = new Uri(address.Addresses.Single() + "/");
        return vendor;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync(); // whoever hangs, hangs no longer
        await _server.StopAsync();
        await _server.DisposeAsync();
        _closing.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _requests.Enqueue(
            new VendorRequest(
                context.Request.Method,
                context.Request.Path + context.Request.QueryString,
                context.Request.Headers.ToDictionary(
                    h => h.Key,
                    h => h.Value.ToString(),
                    StringComparer.OrdinalIgnoreCase
                ),
                body.ToArray()
            )
        );
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _closing.Token);
        context.RequestAborted = ended.Token;
        try
        {
            await Answer(context);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            context.Abort();
        }
    }
}

/// <summary>What a vendor can answer, well or ill.</summary>
internal static class Answers
{
    public static RequestDelegate Status(int status, params (string Name, string Value)[] headers) =>
        Bytes(status, null, [], headers);

    public static RequestDelegate Json(string json, int status = 200, params (string Name, string Value)[] headers) =>
        Bytes(status, "application/json", Encoding.UTF8.GetBytes(json), headers);

    public static RequestDelegate Html(string html, int status = 200) =>
        Bytes(status, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(html));

    public static RequestDelegate Bytes(
        int status,
        string? contentType,
        byte[] body,
        params (string Name, string Value)[] headers
    ) =>
        async context =>
        {
            context.Response.StatusCode = status;
            if (contentType is not null)
                context.Response.ContentType = contentType;
            foreach (var (name, value) in headers)
                context.Response.Headers[name] = value;
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        };

    /// <summary>One answer after the other; the last one stays.</summary>
    public static RequestDelegate InTurn(params RequestDelegate[] answers)
    {
        var next = -1;
        return context => answers[Math.Min(Interlocked.Increment(ref next), answers.Length - 1)](context);
    }

    /// <summary>By the beginning of the path; 404 for others.</summary>
    public static RequestDelegate ByPath(params (string Start, RequestDelegate Answer)[] answers) =>
        context =>
            (
                answers
                    .FirstOrDefault(a =>
                        (context.Request.Method + " " + context.Request.Path).StartsWith(
                            a.Start,
                            StringComparison.Ordinal
                        )
                    )
                    .Answer
                ?? Status(StatusCodes.Status404NotFound)
            )(context);

    /// <summary>The connection is closed without an answer.</summary>
    public static Task Reset(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    /// <summary>No answer ever comes.</summary>
    public static Task Hang(HttpContext context) => Task.Delay(Timeout.Infinite, context.RequestAborted);

    /// <summary>The head of a good answer, and then nothing.</summary>
    public static RequestDelegate HeadOnly(string contentType) =>
        async context =>
        {
            context.Response.ContentType = contentType;
            await context.Response.StartAsync(context.RequestAborted);
            await Hang(context);
        };

    /// <summary>A byte every tenth of a second, for ever.</summary>
    public static RequestDelegate Drip(string contentType) =>
        async context =>
        {
            context.Response.ContentType = contentType;
            while (true)
            {
                await context.Response.Body.WriteAsync(new byte[] { 0x20 }, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(100, context.RequestAborted);
            }
        };

    /// <summary>Half of the body and then the end of the connection, with all of it announced or in chunks.</summary>
    public static RequestDelegate CutOff(string contentType, byte[] body, bool announced) =>
        async context =>
        {
            context.Response.ContentType = contentType;
            if (announced)
                context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        };

    /// <summary>Half of the body, which claims to be all.</summary>
    public static RequestDelegate Half(string contentType, byte[] body) =>
        Bytes(200, contentType, body[..(body.Length / 2)]);
}
