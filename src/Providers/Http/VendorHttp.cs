using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Lectern.Providers.Http;

/// <summary>
/// HTTP as all vendors are asked: no redirects, no cookies, answers of a bounded size that are read to their end, and each
/// failure turned into what it means for the call. The deadline is the caller's token: one for all of a call.
/// </summary>
public sealed class VendorHttp : IDisposable
{
    /// <summary>The largest answer that is read.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly HttpClient _http;

    /// <summary>A client with its own connections.</summary>
    /// <param name="handler">Other connections than the usual ones; null for these.</param>
    public VendorHttp(HttpMessageHandler? handler = null) =>
        _http = new HttpClient(handler ?? Connections()) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The client itself, for a vendor's own library.</summary>
    public HttpClient Client => _http;

    /// <summary>Connections for requests that carry keys: a redirect would take the key elsewhere.</summary>
    public static SocketsHttpHandler Connections() =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null, // how our calls hang together is no vendor's business
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            MaxResponseHeadersLength = 32, // kB
            PooledConnectionLifetime = TimeSpan.FromMinutes(2), // a name may move to another address
        };

    /// <summary>Sends a request and reads the whole answer, whatever its status.</summary>
    /// <param name="provider">For the error.</param>
    /// <param name="request">The request, with its key; disposed here.</param>
    /// <param name="cancel">Ends the wait; the outcome is unknown then, and the cancellation is thrown.</param>
    /// <exception cref="ProviderException">
    /// <see cref="ProviderFailure.Outage"/> when the request was never sent, <see cref="ProviderFailure.UnknownOutcome"/>
    /// when the connection broke after it may have been.
    /// </exception>
    public async Task<VendorAnswer> SendAsync(string provider, HttpRequestMessage request, CancellationToken cancel)
    {
        using (request)
        {
            using var answer = await BeginAsync(provider, request, cancel);
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
            return Answered(provider, answer, await ReadAsync(provider, stream, cancel));
        }
    }

    /// <summary>
    /// Sends a request and writes the body of a success to a stream, so that it may be larger than
    /// <see cref="MostBytes"/>; the answer's own body is empty then. If this throws, a part may have been written.
    /// </summary>
    /// <param name="provider">For the error.</param>
    /// <param name="request">The request, with its key; disposed here.</param>
    /// <param name="target">Where to write.</param>
    /// <param name="mostBytes">The largest body that is taken.</param>
    /// <param name="isFormat">Whether the first bytes, up to 16, are those of the file that is due.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ProviderException">As of <see cref="SendAsync"/>, or the body is something else.</exception>
    public async Task<VendorAnswer> DownloadAsync(
        string provider,
        HttpRequestMessage request,
        Stream target,
        long mostBytes,
        Func<ReadOnlyMemory<byte>, bool> isFormat,
        CancellationToken cancel
    )
    {
        using (request)
        {
            using var answer = await BeginAsync(provider, request, cancel);
            if (!answer.IsSuccessStatusCode)
                return Answered(
                    provider,
                    answer,
                    await ReadAsync(provider, await answer.Content.ReadAsStreamAsync(cancel), cancel)
                );
            await using var body = await answer.Content.ReadAsStreamAsync(cancel);
            var buffer = new byte[81_920];
            var read = 0;
            for (int more; read < 16; read += more)
                if ((more = await ReadSomeAsync(provider, body, buffer.AsMemory(read), cancel)) == 0)
                    break;
            if (!isFormat(buffer.AsMemory(0, Math.Min(read, 16))))
                throw new ProviderException(
                    provider,
                    ProviderFailure.BadAnswer,
                    "The answer begins like no file that is due."
                );
            for (long written = 0; read > 0; read = await ReadSomeAsync(provider, body, buffer, cancel))
            {
                if ((written += read) > mostBytes)
                    throw TooLarge(provider, mostBytes);
                await target.WriteAsync(buffer.AsMemory(0, read), cancel);
            }
            return Answered(provider, answer, []);
        }
    }

    /// <summary>A body of JSON, with its length: not every server takes one in chunks.</summary>
    public static HttpContent Json<T>(T value, JsonTypeInfo<T> type) =>
        new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type))
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };

    /// <summary>
    /// What a failed exchange means. Before anything was sent it is an outage; afterwards the work may have been done.
    /// </summary>
    public static ProviderException Failed(string provider, HttpRequestException broken) =>
        broken.HttpRequestError
            is HttpRequestError.NameResolutionError
                or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError
                or HttpRequestError.ProxyTunnelError
            ? new ProviderException(
                provider,
                ProviderFailure.Outage,
                $"It can't be reached ({broken.HttpRequestError}).",
                inner: broken
            )
            : new ProviderException(
                provider,
                ProviderFailure.UnknownOutcome,
                $"The connection broke before the answer was there ({broken.HttpRequestError}).",
                inner: broken
            );

    /// <summary>When the vendor wants to be asked again: RFC 9110, section 10.2.3, in seconds or as a date.</summary>
    public static TimeSpan? RetryAfterOf(HttpResponseMessage answer) =>
        answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => Bounded(delta),
            // By the vendor's own clock, since ours may differ; one that has a clock must show it (section 6.6.1).
            { Date: { } date } when answer.Headers.Date is { } now => Bounded(date - now),
            _ => null,
        };

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> BeginAsync(
        string provider,
        HttpRequestMessage request,
        CancellationToken cancel
    )
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        }
        catch (HttpRequestException broken)
        {
            throw Failed(provider, broken);
        }
        catch (OperationCanceledException tooSlow) when (!cancel.IsCancellationRequested)
        {
            // The handler's own limit on connecting comes as a cancellation that nobody asked for.
            throw new ProviderException(provider, ProviderFailure.Outage, "It can't be reached.", inner: tooSlow);
        }
    }

    /// <summary>All of an answer's body, if it is not too large.</summary>
    internal static async Task<byte[]> ReadAsync(string provider, Stream stream, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        var buffer = new byte[81_920];
        int read;
        while ((read = await ReadSomeAsync(provider, stream, buffer, cancel)) > 0)
        {
            if (body.Length + read > MostBytes)
                throw TooLarge(provider, MostBytes);
            body.Write(buffer, 0, read);
        }
        return body.ToArray();
    }

    private static async Task<int> ReadSomeAsync(
        string provider,
        Stream body,
        Memory<byte> buffer,
        CancellationToken cancel
    )
    {
        try
        {
            return await body.ReadAsync(buffer, cancel);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            throw new ProviderException(
                provider,
                ProviderFailure.UnknownOutcome,
                "The connection broke in the middle of the answer.",
                inner: broken
            );
        }
        catch (InvalidDataException broken)
        {
            throw new ProviderException(
                provider,
                ProviderFailure.BadAnswer,
                "The answer is compressed in a way that can't be undone.",
                inner: broken
            );
        }
    }

    private static ProviderException TooLarge(string provider, long mostBytes) =>
        new(provider, ProviderFailure.BadAnswer, $"The answer is larger than {mostBytes / 1024 / 1024} MB.");

    private static VendorAnswer Answered(string provider, HttpResponseMessage answer, byte[] body) =>
        new(
            provider,
            answer.StatusCode,
            answer.Content.Headers.ContentType?.MediaType ?? "",
            RetryAfterOf(answer),
            body
        )
        {
            Headers = answer.Headers,
        };

    // Who says "in a year" is asked again in an hour.
    private static TimeSpan Bounded(TimeSpan time) =>
        time < TimeSpan.Zero ? TimeSpan.Zero
        : time > LongestWait ? LongestWait
        : time;
}

/// <summary>A whole answer. What a vendor says is never shown to anyone: it may repeat the key, or hold markup.</summary>
/// <param name="Provider">Whose.</param>
/// <param name="Status">The status.</param>
/// <param name="ContentType">The media type without its parameters; empty when there is none.</param>
/// <param name="RetryAfter">When to ask again, if it says so.</param>
/// <param name="Body">All of the body.</param>
public sealed record VendorAnswer(
    string Provider,
    HttpStatusCode Status,
    string ContentType,
    TimeSpan? RetryAfter,
    ReadOnlyMemory<byte> Body
)
{
    /// <summary>Its headers.</summary>
    public required HttpResponseHeaders Headers { get; init; }

    /// <summary>Whether the status is 2xx. The body may say otherwise.</summary>
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>The body as JSON, or null when it is none.</summary>
    public JsonElement? Json()
    {
        try
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The body of a success, which must be JSON of this shape.</summary>
    /// <exception cref="ProviderException">It is not.</exception>
    public T Read<T>(JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(Body.Span, type)
                ?? throw Fail(ProviderFailure.BadAnswer, "The answer is empty.");
        }
        catch (JsonException broken)
        {
            throw new ProviderException(
                Provider,
                ProviderFailure.BadAnswer,
                "The answer is not the JSON that is due.",
                inner: broken
            );
        }
    }

    /// <summary>
    /// The failure of an answer that is no success, by its status alone. A vendor whose bodies say more decides by them
    /// first.
    /// </summary>
    public ProviderException FailByStatus() =>
        (int)Status switch
        {
            401 => Fail(ProviderFailure.KeyRefused, "It refuses the key."),
            403 => Fail(
                ProviderFailure.KeyRefused,
                "It refuses the key, or what is asked with it.",
                thisRequestOnly: true
            ),
            402 => Fail(ProviderFailure.QuotaExhausted, "The account's volume is used up."),
            408 or 504 => Fail(ProviderFailure.UnknownOutcome, "It took too long inside."),
            429 => Fail(ProviderFailure.RateLimited, "There are too many requests."),
            451 => Fail(ProviderFailure.ContentRefused, "It may not serve this content."),
            503 or 529 => Fail(ProviderFailure.Busy, "It has no capacity."),
            >= 500 => Fail(ProviderFailure.Outage, "It is broken inside."),
            >= 300 and < 400 => Fail(ProviderFailure.Outage, "It answers with a redirect, which is not followed."),
            _ => Fail(ProviderFailure.BadInput, "It does not take this request."),
        };

    /// <summary>A failure of this answer, with its status and when to try again.</summary>
    /// <param name="failure">What it means.</param>
    /// <param name="sentence">Ours; nothing of the answer is in it.</param>
    /// <param name="thisRequestOnly">Whether other requests with the same key may go well.</param>
    public ProviderException Fail(ProviderFailure failure, string sentence, bool thisRequestOnly = false) =>
        new(
            Provider,
            failure,
            string.Create(CultureInfo.InvariantCulture, $"{sentence} (HTTP {(int)Status})"),
            RetryAfter
        )
        {
            ConcernsThisRequestOnly = thisRequestOnly,
        };

    /// <summary>A time in a recording, of which none lasts for more than a day.</summary>
    /// <exception cref="ProviderException">It can't be one.</exception>
    public TimeSpan Seconds(double seconds) =>
        seconds is >= 0 and <= 86_400
            ? TimeSpan.FromSeconds(seconds)
            : throw Fail(ProviderFailure.BadAnswer, "A time in the answer is none.");

    /// <summary>Whether the body holds one of these texts.</summary>
    public bool Says(params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
            if (Body.Span.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0)
                return true;
        return false;
    }
}
