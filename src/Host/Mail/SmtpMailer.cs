using System.Net;
using System.Net.Mail;
using System.Security.Authentication;
using Lectern.SharedKernel.Mail;

namespace Lectern.Host.Mail;

/// <summary>Hands mails to an SMTP server, each over a connection of its own: they are few.</summary>
internal sealed class SmtpMailer(MailSettings settings) : IMailer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public async Task SendAsync(SharedKernel.Mail.Mail mail, CancellationToken cancel)
    {
        using var message = MailMessages.Of(mail, new MailAddress(settings.From));
        using var client = new SmtpClient(settings.SmtpHost, settings.SmtpPort)
        {
            EnableSsl = settings.SmtpTls,
            UseDefaultCredentials = false,
        };
        if (!string.IsNullOrEmpty(settings.SmtpUser))
            client.Credentials = new NetworkCredential(settings.SmtpUser, settings.SmtpPassword);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            await client.SendMailAsync(message, patience.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"The mail server {settings.SmtpHost} did not answer in time.");
        }
        catch (SmtpException refused)
        {
            // Servers repeat the address in what they answer, and no log may have it: so the text stays here.
            throw new IOException(
                $"The mail server {settings.SmtpHost} did not take the mail: {refused.StatusCode}"
                    + (refused.InnerException is { } inner ? $" ({inner.GetType().Name})." : ".")
            );
        }
        catch (AuthenticationException untrusted)
        {
            throw new IOException($"The mail server {settings.SmtpHost} can't be trusted.", untrusted);
        }
    }
}
