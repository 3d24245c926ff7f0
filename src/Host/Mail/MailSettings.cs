using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Lectern.Host.Settings;

namespace Lectern.Host.Mail;

/// <summary>How mail leaves the host.</summary>
internal sealed class MailSettings
{
    [Description("The SMTP server that takes our mail; empty to write mails as files into the folder below.")]
    public string? SmtpHost { get; set; }

    [Description("The SMTP server's port.")]
    [Range(1, 65535)]
    public int SmtpPort { get; set; } = 587;

    [Description("The user to log in to the SMTP server as; empty for no log-in.")]
    public string? SmtpUser { get; set; }

    [Description("The password of that user.")]
    [DataType(DataType.Password)]
    public string? SmtpPassword { get; set; }

    [Description("Whether the connection must be encrypted (STARTTLS). A server that can't is sent nothing.")]
    public bool SmtpTls { get; set; } = true;

    [Description("Whom mails come from.")]
    [Required]
    [MailSender]
    public string From { get; set; } = "Lectern <lectern@localhost>";

    [Description("Where mails go while there is no SMTP server; empty for the folder mail in the data folder.")]
    public string? Folder { get; set; }

    /// <summary>The folder that mails are written to, or null when an SMTP server takes them.</summary>
    internal string? FolderIn(string dataFolder) =>
        !string.IsNullOrEmpty(SmtpHost) ? null
        : string.IsNullOrEmpty(Folder) ? Path.Combine(Path.GetFullPath(dataFolder), "mail")
        : Path.GetFullPath(Folder);
}
