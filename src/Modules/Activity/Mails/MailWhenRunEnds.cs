using Lectern.Eventing;
using Lectern.Jobs.Contracts;

namespace Lectern.Activity.Mails;

/// <summary>Has a mail sent for each run that ends, but for those that somebody stopped.</summary>
internal sealed class MailWhenRunEnds : Subscription
{
    public override string Name => "activity.mail_when_run_ends";

    public override IReadOnlyList<Type> Events { get; } = [typeof(JobCompleted), typeof(JobFailed)];

    public override Task ReactAsync(IReadOnlyList<StoredEvent> events, Reaction reaction, CancellationToken stop)
    {
        foreach (var stored in events)
            reaction.Enqueue(new SendMail(stored.Stream, stored.Version!.Value), stored);
        return Task.CompletedTask;
    }
}
