using System.Net;
using System.Text;
using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Mail;
using Lectern.SharedKernel.Preferences;

namespace Lectern.Activity.Mails;

/// <summary>
/// What is written to people about their jobs. The addresses in it are the API's and open nothing by themselves: a signed
/// link can't be taken back, so none lives for more than minutes, and a mail is read later than that and may be read by
/// others.
/// </summary>
internal sealed class JobMails(PublicAddress address)
{
    private const int LongestTitle = 100;
    private const string HowToOpen =
        "The addresses are for a program that sends your access token or an API key, as the API's documentation says. "
        + "Without one they open nothing, since a mail may be read by others.";

    private readonly string _api = address.Url + "/api/v1";

    /// <summary>The mail about a run's end.</summary>
    /// <param name="to">The owner's address.</param>
    /// <param name="title">What the job is called; written by a person.</param>
    /// <param name="ended">How the run ended.</param>
    /// <param name="preference">What turns mails like this one off.</param>
    public Mail Write(string to, string title, StoredEvent ended, Preference preference)
    {
        var named = $"“{OneLine(title)}”";
        var job = $"{_api}/jobs/{PublicId.Format("job", ended.Stream)}";
        var (subject, first, links) = ended.Data switch
        {
            JobCompleted completed => (
                $"{named} is finished",
                $"{named} is finished. It cost {Credits.Format(completed.Charged)} credits.",
                new[] { ("Listen or download:", $"{job}/download"), ("The job:", job) }
            ),
            JobFailed failed => (
                $"{named} could not be finished",
                $"{named} failed at the step {failed.Step} ({failed.Code}). What was delivered cost "
                    + $"{Credits.Format(failed.Charged)} credits; the rest of what was held for it is free again.",
                [("Why, and what can be done (finished parts are kept, so it can be retried):", job)]
            ),
            var other => throw new ArgumentException($"No mail tells about {other}.", nameof(ended)),
        };
        var hint =
            $"You get this because you ordered the job. To get no more mails like this one, send "
            + $"{{\"{preference.Key}\": false}} as PATCH {_api}/me/settings.";

        var text = new StringBuilder($"{first}\n\n");
        var html = new StringBuilder($"<!DOCTYPE html><html lang=\"en\"><body><p>{Encoded(first)}</p>");
        foreach (var (label, link) in links)
        {
            text.Append($"{label}\n{link}\n\n");
            html.Append($"<p>{Encoded(label)} <a href=\"{Encoded(link)}\">{Encoded(link)}</a></p>");
        }

        text.Append($"{HowToOpen}\n\n{hint}\n");
        html.Append($"<p>{Encoded(HowToOpen)}</p><p><small>{Encoded(hint)}</small></p></body></html>");
        return new Mail(to, subject, text.ToString(), html.ToString(), PublicId.Format(PublicEvents.Prefix, ended.Id));
    }

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);

    // A header has one line; what a line break in it could do is a mail of somebody else's making.
    private static string OneLine(string title)
    {
        var line = new string([.. title.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c)]);
        return line.Length <= LongestTitle ? line : $"{line[..LongestTitle].TrimEnd()}…";
    }
}
