using Lectern.Providers.Http;

namespace Lectern.Providers.Fal;

/// <summary>The addresses of a model's queue.</summary>
internal sealed class FalQueue(Uri url, string model)
{
    /// <summary>Where work is handed in.</summary>
    public Uri Submit { get; } = new(url, model);

    /// <summary>
    /// Where the work of an answer is. Its own addresses are believed if they are on the queue's host, for the key goes
    /// there; otherwise they are made from its id, as documented: without what follows the model's owner and name.
    /// </summary>
    /// <exception cref="ProviderException">The answer names no work.</exception>
    public FalWork Of(VendorAnswer answer)
    {
        var queued = answer.Read(FalWire.Default.QueuedAnswer);
        if (queued.RequestId is not { Length: > 0 and <= 100 } id || !id.All(IsOfId))
            throw answer.Fail(ProviderFailure.BadAnswer, "There is no request in the answer.");
        var requests = new Uri(url, string.Join('/', model.Split('/').Take(2)) + "/requests/");
        return new FalWork(
            Own(queued.StatusUrl) ?? new Uri(requests, id + "/status"),
            Own(queued.ResponseUrl) ?? new Uri(requests, id),
            Own(queued.CancelUrl) ?? new Uri(requests, id + "/cancel")
        );
    }

    private Uri? Own(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var found)
        && found.GetLeftPart(UriPartial.Authority) == url.GetLeftPart(UriPartial.Authority)
            ? found
            : null;

    private static bool IsOfId(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
}

/// <summary>The addresses of a piece of work.</summary>
internal sealed record FalWork(Uri Status, Uri Response, Uri Cancel);
