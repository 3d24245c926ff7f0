using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Lectern.Activity.Live;

/// <summary>Server-sent events (HTML Living Standard, 9.2).</summary>
internal sealed class ServerSentEvents(HttpContext http, bool idsAreVersions) : ILiveWire
{
    private const int FlushAt = 16 * 1024;

    private readonly PipeWriter _body = http.Response.BodyWriter;

    public async Task BeginAsync()
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no"; // nginx would keep small pieces back
        _body.Write("retry: 2000\n\n"u8);
        await FlushAsync();
    }

    public async ValueTask WriteAsync(LiveMessage message)
    {
        _body.Write((idsAreVersions ? message.VersionLine : message.IdLine).Span);
        _body.Write(message.Frame.Span);
        if (_body.UnflushedBytes > FlushAt)
            await FlushAsync();
    }

    public async ValueTask FlushAsync()
    {
        // Kestrel says so when the client is gone, and swallows what is written then.
        if ((await _body.FlushAsync(CancellationToken.None)).IsCompleted)
            throw new IOException("The client is gone.");
    }

    public ValueTask BeatAsync()
    {
        _body.Write(":\n\n"u8);
        return FlushAsync();
    }

    public async Task EndAsync(LiveEnd end)
    {
        await WriteAsync(LiveMessage.Of(end));
        await FlushAsync();
    }

    public void Abort() => http.Abort();
}
