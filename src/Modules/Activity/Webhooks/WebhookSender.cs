using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Lectern.SharedKernel.Http;
using Microsoft.Extensions.Options;

namespace Lectern.Activity.Webhooks;

/// <summary>Posts one delivery, and says what came of it; it throws nothing that the endpoint could bring about.</summary>
internal sealed class WebhookSender(UserUrls urls, IOptions<WebhookSettings> settings, TimeProvider time) : IDisposable
{
    /// <summary>An answer is an acknowledgement; one that is longer is something else.</summary>
    private const int MostAnswerBytes = 64 * 1024;

    private const int ShownCharacters = 500;

    private static readonly string UserAgent =
        $"Lectern-Webhooks/{typeof(WebhookSender).Assembly.GetName().Version!.ToString(2)}";

    private readonly HttpMessageInvoker _client = urls.NewClient();

    /// <summary>Posts a body.</summary>
    /// <param name="url">Where to.</param>
    /// <param name="id">The header webhook-id.</param>
    /// <param name="body">The bytes, which are signed as they are.</param>
    /// <param name="secrets">The newest first.</param>
    /// <param name="now">By the database's clock, for the signature.</param>
    /// <param name="stop">Ends it without an outcome.</param>
    public async Task<Attempt> SendAsync(
        string url,
        string id,
        byte[] body,
        IReadOnlyList<byte[]> secrets,
        DateTimeOffset now,
        CancellationToken stop
    )
    {
        if (urls.FormFault(url) is not null) // allowed when it was given, and no longer
            return new Attempt(Outcomes.Refused);
        var started = time.GetTimestamp();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(settings.Value.Timeout);
        using var request = Request(url, id, body, secrets, now);
        Attempt attempt;
        try
        {
            using var response = await _client.SendAsync(request, deadline.Token);
            attempt = await ReadAsync(response, deadline.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            attempt = new Attempt(Outcomes.Timeout);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            attempt = new Attempt(CodeOf(e));
        }

        return attempt with
        {
            Took = time.GetElapsedTime(started),
        };
    }

    public void Dispose() => _client.Dispose();

    private static HttpRequestMessage Request(
        string url,
        string id,
        byte[] body,
        IReadOnlyList<byte[]> secrets,
        DateTimeOffset now
    )
    {
        var timestamp = now.ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        request.Headers.TryAddWithoutValidation("webhook-id", id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature", WebhookSecret.Sign(id, timestamp, body, secrets));
        return request;
    }

    private async Task<Attempt> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        var (bytes, isWhole) = await BeginningAsync(response, cancel);
        var outcome = status switch
        {
            410 => Outcomes.Gone,
            _ when !isWhole => Outcomes.TooLarge,
            >= 200 and < 300 => Outcomes.Delivered,
            >= 300 and < 400 => Outcomes.Redirect,
            _ => Outcomes.Status,
        };
        return new Attempt(outcome, status, Shown(bytes), RetryAfterOf(response));
    }

    private static async Task<(byte[] Bytes, bool IsWhole)> BeginningAsync(
        HttpResponseMessage response,
        CancellationToken cancel
    )
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var bytes = new byte[MostAnswerBytes + 1];
        var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        return (bytes[..Math.Min(read, MostAnswerBytes)], read <= MostAnswerBytes);
    }

    /// <summary>Fit to be stored and shown: text without controls. Whoever shows it escapes it, as everything.</summary>
    private static string? Shown(byte[] bytes)
    {
        var beginning = bytes.AsSpan(0, Math.Min(bytes.Length, ShownCharacters * 4));
        var text = new string([
            .. Encoding
                .UTF8.GetString(beginning)
                .Where(c => c is '\n' or '\t' || !(char.IsControl(c) || char.IsSurrogate(c)))
                .Take(ShownCharacters),
        ]);
        return text.Length == 0 ? null : text;
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
        && response.Headers.RetryAfter is { } after
            ? after.Delta ?? (after.Date is { } date ? date - (response.Headers.Date ?? time.GetUtcNow()) : null)
            : null;

    private static string CodeOf(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case RefusedAddressException:
                    return Outcomes.Refused;
                case AuthenticationException:
                    return Outcomes.Tls;
                case SocketException
                {
                    SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
                }:
                    return Outcomes.Unresolvable;
            }
        }

        return Outcomes.Connection;
    }
}
