namespace Lectern.SharedKernel.Mail;

/// <summary>A letter to one person.</summary>
/// <param name="To">The address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">Plain text; what a reader without HTML sees.</param>
/// <param name="Html">The same as HTML, or null.</param>
/// <param name="Id">
/// What it is known by, so that a receiver can tell that one that was sent twice is the same (the Message-ID of RFC 5322
/// is made of it); null for a new one each time.
/// </param>
public sealed record Mail(string To, string Subject, string Text, string? Html = null, string? Id = null);

/// <summary>
/// Sends mail. A boundary: an SMTP server where one is configured, else a folder. Call it from a message handler only,
/// never in a request: a mail server may be slow or away, and how long it takes must tell nobody who has an account.
/// </summary>
public interface IMailer
{
    /// <summary>Hands a mail over; it may be sent twice when the outcome was unknown.</summary>
    /// <exception cref="IOException">The server or the folder can't take it now; try again later.</exception>
    Task SendAsync(Mail mail, CancellationToken cancel);

    /// <summary>Deletes what is kept here of mails to an address; one who hands them on keeps none.</summary>
    Task ForgetAsync(string address, CancellationToken cancel) => Task.CompletedTask;
}
