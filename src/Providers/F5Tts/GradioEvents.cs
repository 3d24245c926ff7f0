using System.Text;
using System.Text.Json;
using Lectern.Providers.Http;

namespace Lectern.Providers.F5Tts;

/// <summary>
/// How a call of a Gradio app ends: a stream of events (<c>generating</c>, <c>heartbeat</c>) of which the last is
/// <c>complete</c> or <c>error</c>. https://www.gradio.app/guides/querying-gradio-apps-with-curl
/// </summary>
internal static class GradioEvents
{
    /// <summary>The outputs of the call.</summary>
    /// <exception cref="ProviderException">The app failed, or the stream ended before the call did.</exception>
    public static JsonElement Complete(VendorAnswer answer)
    {
        var kind = "";
        foreach (var line in Encoding.UTF8.GetString(answer.Body.Span).Split('\n'))
            if (Field(line, "event:") is { } name)
                kind = name;
            else if (Field(line, "data:") is { } data)
                switch (kind)
                {
                    case "complete":
                        return Parse(answer, data);
                    case "error":
                        throw Failed(answer, data);
                }
        throw kind is "generating" or "heartbeat"
            ? answer.Fail(ProviderFailure.UnknownOutcome, "It broke off in the middle of the work.")
            : answer.Fail(ProviderFailure.BadAnswer, "The answer is no stream of events.");
    }

    // https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    private static string? Field(string line, string name) =>
        line.StartsWith(name, StringComparison.Ordinal) ? line[name.Length..].Trim() : null;

    // The data of an error is null unless the server was started so as to show errors; or it is about the connection:
    // simple_predict_get in https://github.com/gradio-app/gradio/blob/main/gradio/routes.py
    private static ProviderException Failed(VendorAnswer answer, string data) =>
        data is "\"Server stopped unexpectedly.\"" || data.StartsWith("\"404", StringComparison.Ordinal)
            ? answer.Fail(ProviderFailure.UnknownOutcome, "It was stopped in the middle of the work.")
            : answer.Fail(ProviderFailure.BadAnswer, "It could not speak this; its own log says why.");

    private static JsonElement Parse(VendorAnswer answer, string data)
    {
        try
        {
            using var document = JsonDocument.Parse(data);
            return document.RootElement.Clone();
        }
        catch (JsonException broken)
        {
            throw new ProviderException(
                answer.Provider,
                ProviderFailure.BadAnswer,
                "The outputs of the call are no JSON.",
                inner: broken
            );
        }
    }
}
