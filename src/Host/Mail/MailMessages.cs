using System.Net.Mail;
using System.Net.Mime;
using System.Text;

namespace Lectern.Host.Mail;

/// <summary>Our mails as the framework's.</summary>
internal static class MailMessages
{
    /// <summary>A message with the text, and the HTML behind it if there is one: readers show the last that they can.</summary>
    public static MailMessage Of(SharedKernel.Mail.Mail mail, MailAddress from)
    {
        var message = new MailMessage(from, new MailAddress(mail.To)) { Subject = mail.Subject };
        if (mail.Id is { } id)
            message.Headers["Message-ID"] = $"<{id}@{from.Host}>"; // RFC 5322, section 3.6.4
        message.AlternateViews.Add(View(mail.Text, MediaTypeNames.Text.Plain));
        if (mail.Html is { } html)
            message.AlternateViews.Add(View(html, MediaTypeNames.Text.Html));
        return message;
    }

    // ASCII goes as it is, so that a token in a file of the mail folder can be read and copied.
    private static AlternateView View(string content, string mediaType)
    {
        var view = AlternateView.CreateAlternateViewFromString(
            content.ReplaceLineEndings("\r\n"), // RFC 5322, section 2.3
            Encoding.UTF8,
            mediaType
        );
        view.TransferEncoding = Ascii.IsValid(content) ? TransferEncoding.SevenBit : TransferEncoding.QuotedPrintable;
        return view;
    }
}
