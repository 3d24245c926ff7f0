using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Lectern.SharedKernel.Mail;

namespace Lectern.Tests.Http;

/// <summary>Where the mails of a test's host go.</summary>
public sealed partial class Mailbox : IMailer
{
    private readonly ConcurrentQueue<Mail> _mails = new();

    /// <summary>All mails so far, in order.</summary>
    public IReadOnlyList<Mail> All => [.. _mails];

    public Task SendAsync(Mail mail, CancellationToken cancel)
    {
        _mails.Enqueue(mail);
        return Task.CompletedTask;
    }

    /// <summary>The mails to an address.</summary>
    public IReadOnlyList<Mail> To(string address) => [.. _mails.Where(mail => mail.To == address)];

    /// <summary>Waits for the n-th mail to an address.</summary>
    public async Task<Mail> NextAsync(string address, int number = 1) =>
        (
            await Eventually.IsAsync(
                () => Task.FromResult(To(address)),
                mails => mails.Count >= number,
                $"{address} has {number} mails"
            )
        )[number - 1];

    /// <summary>Waits for the n-th mail to an address and gives the token in it.</summary>
    public async Task<string> TokenAsync(string address, int number = 1) =>
        TokenOf(await NextAsync(address, number)) ?? throw new InvalidOperationException("The mail has no token.");

    /// <summary>The token in a mail, if it has one.</summary>
    public static string? TokenOf(Mail mail) =>
        Token().Match(mail.Text) is { Success: true } found ? found.Value : null;

    [GeneratedRegex("^[A-Za-z0-9_-]{54}$", RegexOptions.Multiline)]
    private static partial Regex Token();
}
