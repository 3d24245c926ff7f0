using System.Text.Json.Serialization;
using Lectern.Accounts.Contracts;
using Lectern.Activity.Feed;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Mail;

namespace Lectern.Activity.Mails;

/// <summary>Tell the owner of a job by mail how a run of it ended.</summary>
/// <param name="Job">The job.</param>
/// <param name="Version">The event's place in the job's stream.</param>
internal sealed record SendMail(Guid Job, int Version);

/// <summary>How messages are stored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SendMail))]
internal sealed partial class MailsJson : JsonSerializerContext;

/// <summary>
/// Sends the mail, unless its owner has left, doesn't want it, or the job is deleted by now. A crash between that and the
/// completion of the message sends it again with the same Message-ID, which is as much as SMTP allows.
/// </summary>
internal sealed class SendMailHandler(
    EventStore store,
    PreferenceReader preferences,
    NameReader names,
    JobMails mails,
    IMailer mailer
) : IMessageHandler<SendMail>
{
    public async Task HandleAsync(SendMail message, MessageContext context, CancellationToken stop)
    {
        var session = context.Session;
        if (
            await session.ReadStreamAsync(message.Job, 0, 1, stop) is not [{ Data: JobSubmitted } ordered]
            || await session.ReadStreamAsync(message.Job, message.Version - 1, 1, stop) is not [var ended]
            || CallerSessions.KeyOf(ordered.Credential) is not null
            || CallerSessions.PersonOf(ordered.Actor) is not { } person
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
    }

    /// <summary>The letter can be replayed; the feed tells about the job, too.</summary>
    public Task GiveUpAsync(SendMail message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}
