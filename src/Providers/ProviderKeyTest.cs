using System.Net;
using System.Text;

namespace Lectern.Providers;

/// <summary>What a test of a key came to.</summary>
public enum KeyVerdict
{
    /// <summary>The provider takes it.</summary>
    Valid,

    /// <summary>The provider doesn't.</summary>
    Refused,

    /// <summary>There was no answer from which one could tell.</summary>
    Unreachable,
}

/// <summary>A verdict and a sentence about it. Nothing that the provider said is in it, for it might repeat the key.</summary>
public sealed record KeyTestOutcome(KeyVerdict Verdict, string Detail);

/// <summary>
/// Asks a provider whether a key is good. The key goes into the provider's own header and nowhere else: redirects are not
/// followed, and nothing of the answer is passed on.
/// </summary>
public sealed class ProviderKeyTest : IDisposable
{
    /// <summary>How long a provider has to answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int MostOfBody = 16 * 1024;

    private readonly TimeSpan _patience;
    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxResponseHeadersLength = 32, // kB
            PooledConnectionLifetime = TimeSpan.FromMinutes(2), // a name may move to another address
        }
    )
    {
        Timeout = Timeout.InfiniteTimeSpan, // each test has its own
    };

    /// <summary>A tester.</summary>
    /// <param name="patience">How long a provider has to answer; <see cref="Patience"/> without it.</param>
    public ProviderKeyTest(TimeSpan? patience = null) => _patience = patience ?? Patience;

    /// <summary>Asks.</summary>
    /// <param name="provider">Whom.</param>
    /// <param name="key">The key, in visible ASCII.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<KeyTestOutcome> RunAsync(KnownProvider provider, string key, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(_patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(provider.BaseUrl, provider.Test.Path));
        request.Headers.TryAddWithoutValidation(provider.Test.Header, provider.Test.Scheme + key);
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return Judge(provider, answer.StatusCode, await ReadAsync(answer, patience.Token));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Unreachable($"{provider.Title} did not answer within {_patience.TotalSeconds:0.#} seconds.");
        }
        catch (HttpRequestException failure)
        {
            return Unreachable($"{provider.Title} can't be reached: {failure.HttpRequestError}.");
        }
        catch (IOException)
        {
            return Unreachable($"{provider.Title} broke off its answer.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static KeyTestOutcome Judge(KnownProvider provider, HttpStatusCode status, string body)
    {
        var (title, test) = (provider.Title, provider.Test);
        return status switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => new(
                KeyVerdict.Valid,
                $"{title} takes the key."
            ),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when Says(test.LimitedKey) => new(
                KeyVerdict.Valid,
                $"{title} knows the key; it may do less than everything."
            ),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(
                KeyVerdict.Refused,
                $"{title} refuses the key ({(int)status})."
            ),
            HttpStatusCode.BadRequest when Says(test.WrongKey) => new(
                KeyVerdict.Refused,
                $"{title} refuses the key ({(int)status})."
            ),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => Unreachable(
                $"{title} answered with a redirect ({(int)status}), which is not followed: check the configured address."
            ),
            _ => Unreachable($"{title} answered {(int)status}, which says nothing about the key."),
        };

        bool Says(string? mark) => mark is not null && body.Contains(mark, StringComparison.Ordinal);
    }

    private static async Task<string> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        if (answer.IsSuccessStatusCode)
            return ""; // the status says it all
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        var bytes = new byte[MostOfBody];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static KeyTestOutcome Unreachable(string detail) => new(KeyVerdict.Unreachable, detail);
}
