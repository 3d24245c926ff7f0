using System.Diagnostics.Metrics;
using Lectern.SharedKernel.Mail;

namespace Lectern.Host.Mail;

/// <summary>Counts the mails that are handed over, and those that are not.</summary>
internal sealed class CountedMailer : IMailer
{
    private static readonly Meter Meter = new("Lectern.Mail");
    private static readonly Counter<long> Mails = Meter.CreateCounter<long>(
        "lectern.mails",
        description: "Mails by outcome: sent, which is handed over, or failed, which is tried again."
    );

    private readonly IMailer _mailer;

    public CountedMailer(IMailer mailer)
    {
        _mailer = mailer;
        Count("sent", 0);
        Count("failed", 0); // the first failure is an increase then
    }

    /// <inheritdoc/>
    public async Task SendAsync(SharedKernel.Mail.Mail mail, CancellationToken cancel)
    {
        try
        {
            await _mailer.SendAsync(mail, cancel);
        }
        catch when (!cancel.IsCancellationRequested)
        {
            Count("failed", 1);
            throw;
        }

        Count("sent", 1);
    }

    /// <inheritdoc/>
    public Task ForgetAsync(string address, CancellationToken cancel) => _mailer.ForgetAsync(address, cancel);

    private static void Count(string outcome, int mails) =>
        Mails.Add(mails, new KeyValuePair<string, object?>("outcome", outcome));
}
