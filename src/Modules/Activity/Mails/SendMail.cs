using System.Text.Json.Serialization;
using Lectern.Accounts.Contracts;
using Lectern.Activity.Catalogue;
using Lectern.Activity.Feed;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Mail;

namespace Lectern.Activity.Mails;

/// <summary>Tell the owner of a job by mail how a run of it ended.</summary>
/// <param name="Event">The event's id.</param>
/// <param name="Job">The job.</param>
/// <param name="Version">The event's place in the job's stream.</param>
internal sealed record SendMail(Guid Event, Guid Job, int Version);

/// <summary>How messages are stored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SendMail))]
internal sealed partial class MailsJson : JsonSerializerContext;

/// <summary>
/// Sends the mail, unless its owner has left, doesn't want it, or the job is deleted by now. That it went out is written
/// with the completion of the message: a crash in between sends it again with the same Message-ID, which is as much as
/// SMTP allows.
/// </summary>
internal sealed class SendMailHandler(
    EventStore store,
    PreferenceReader preferences,
    NameReader names,
    JobMails mails,
    IMailer mailer
) : IMessageHandler<SendMail>
{
    private const string ByKey = "key:";

    public async Task HandleAsync(SendMail message, MessageContext context, CancellationToken stop)
    {
        var session = context.Session;
        if (await WasSentAsync(session, message, stop))
            return;
        if (
            await session.ReadStreamAsync(message.Job, 0, 1, stop) is not [{ Data: JobSubmitted } ordered]
            || await session.ReadStreamAsync(message.Job, message.Version - 1, 1, stop) is not [var ended]
            || ordered.Credential?.StartsWith(ByKey, StringComparison.Ordinal) == true
            || PublicEvents.PersonOf(ordered.Actor) is not { } person
            || await MemberAddresses.FindAsync(session, ordered.Workspace, person, stop) is not { } address
        )
            return;

        var owner = new Caller(person, ordered.Workspace, Role.Viewer);
        var preference = ended.Data is JobCompleted ? MailPreferences.JobCompleted : MailPreferences.JobFailed;
        if (!(await preferences.ReadAsync(owner, [preference], stop)).Of(preference))
            return;
        await using var reading = store.OpenSession(owner);
        var title = (await names.ReadAsync(reading, [("job", message.Job)], stop)).Find("job", message.Job);
        if (title is null)
            return;

        await mailer.SendAsync(mails.Write(address, title, ended, preference), stop);
        session.Execute(
            "insert into activity.mails (event_id, workspace_id, person_id) values ($1, $2, $3) on conflict do nothing",
            message.Event,
            ordered.Workspace,
            person
        );
    }

    /// <summary>The letter can be replayed; the feed tells about the job, too.</summary>
    public Task GiveUpAsync(SendMail message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;

    private static async Task<bool> WasSentAsync(Session session, SendMail message, CancellationToken stop) =>
        (
            await session.QueryAsync(
                "select exists (select from activity.mails where event_id = $1)",
                row => row.GetBoolean(0),
                stop,
                message.Event
            )
        ).Single();
}
