using System.Globalization;
using System.Net.Mail;
using Lectern.SharedKernel.Mail;

namespace Lectern.Host.Mail;

/// <summary>
/// Writes mails as <c>.eml</c> files, for laptops and tests. A file appears when it is whole, and only its owner can read
/// it, since whoever reads a mail can use the token in it.
/// </summary>
internal sealed class FolderMailer(string folder, string from, TimeProvider time) : IMailer
{
    private const string Receiver = "X-Receiver:";
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;

    /// <inheritdoc/>
    public async Task SendAsync(SharedKernel.Mail.Mail mail, CancellationToken cancel)
    {
        var name = Guid.NewGuid().ToString("n");
        var incoming = Path.Combine(folder, ".incoming", name);
        Directory.CreateDirectory(folder, OwnersFolder);
        Directory.CreateDirectory(incoming, OwnersFolder);
        try
        {
            using var message = MailMessages.Of(mail, new MailAddress(from));
            using var client = new SmtpClient
            {
                DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory,
                PickupDirectoryLocation = incoming,
            };
            await client.SendMailAsync(message, cancel);
            var written = Directory.GetFiles(incoming).Single();
            File.SetUnixFileMode(written, OwnersFile);
            var at = time.GetUtcNow().ToString("yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture);
            File.Move(written, Path.Combine(folder, $"{at}-{name}.eml"));
        }
        finally
        {
            Directory.Delete(incoming, recursive: true);
        }
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(string address, CancellationToken cancel)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var file in Directory.EnumerateFiles(folder, "*.eml"))
        {
            // The framework writes the envelope before the letter.
            var receiver = await File.ReadLinesAsync(file, cancel)
                .FirstOrDefaultAsync(line => line.StartsWith(Receiver, StringComparison.Ordinal), cancel);
            if (
                receiver is not null
                && receiver[Receiver.Length..].Trim().Equals(address, StringComparison.OrdinalIgnoreCase)
            )
                File.Delete(file);
        }
    }
}
