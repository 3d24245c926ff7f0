using Lectern.Host.Mail;

namespace Lectern.Tests.Host.Mail;

public sealed class MailerTests : IDisposable
{
    private static readonly Lectern.SharedKernel.Mail.Mail Letter = new(
        "jane@example.com",
        "Bücher",
        "Your token:\n\nabc_DEF-123\n",
        "<p>Schöne <b>Bücher</b></p>"
    );

    private readonly TemporaryFolder _data = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Without_a_server_mails_are_files_that_only_their_owner_can_read()
    {
        var folder = new MailSettings().FolderIn(_data.Path)!;
        folder.ShouldBe(_data["mail"]);
        var mailer = new FolderMailer(folder, "Lectern <lectern@example.com>", TimeProvider.System);

        await mailer.SendAsync(Letter, Cancel);
        await mailer.SendAsync(Letter with { To = "john@example.com" }, Cancel);

        var files = Directory.GetFiles(folder);
        files.Length.ShouldBe(2);
        files.ShouldAllBe(file => file.EndsWith(".eml", StringComparison.Ordinal));
        files.ShouldAllBe(file => File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        File.GetUnixFileMode(folder)
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.GetFileSystemEntries(Path.Combine(folder, ".incoming")).ShouldBeEmpty();
        // Two of the same millisecond are in no order.
        var texts = await Task.WhenAll(files.Select(file => File.ReadAllTextAsync(file, Cancel)));
        var text = texts.Single(text => text.Contains("To: jane@example.com\r\n", StringComparison.Ordinal));
        text.ShouldContain("From: \"Lectern\" <lectern@example.com>\r\n");
        text.ShouldContain("\r\nabc_DEF-123\r\n");
        text.ShouldContain("multipart/alternative");
        text.ShouldContain("<b>B=C3=BCcher</b>");
    }

    [Fact]
    public async Task A_mail_that_is_sent_again_has_the_same_Message_ID()
    {
        var mailer = new FolderMailer(_data["mail"], "Lectern <lectern@example.com>", TimeProvider.System);

        await mailer.SendAsync(Letter with { Id = "event_1" }, Cancel);
        await mailer.SendAsync(Letter with { Id = "event_1" }, Cancel);

        var files = Directory.GetFiles(_data["mail"], "*.eml");
        files.Length.ShouldBe(2);
        foreach (var file in files)
            (await File.ReadAllLinesAsync(file, Cancel)).ShouldContain("Message-ID: <event_1@example.com>");
    }

    [Fact]
    public async Task A_server_gets_the_mail_after_a_log_in()
    {
        using var server = new SmtpServer();
        var mailer = new SmtpMailer(
            new MailSettings
            {
                SmtpHost = "127.0.0.1",
                SmtpPort = server.Port,
                SmtpTls = false,
                SmtpUser = "lectern",
                SmtpPassword = "a secret",
            }
        );

        await mailer.SendAsync(Letter, Cancel);

        var said = await server.Served;
        said.ShouldContain("MAIL FROM:<lectern@localhost>");
        said.ShouldContain("RCPT TO:<jane@example.com>");
        said.ShouldContain("abc_DEF-123");
        said.ShouldContain(Convert.ToBase64String("a secret"u8));
    }

    [Fact]
    public async Task What_a_server_refuses_fails_and_the_failure_names_no_address()
    {
        using var server = new SmtpServer("550 no such user jane@example.com");
        var mailer = new SmtpMailer(
            new MailSettings
            {
                SmtpHost = "127.0.0.1",
                SmtpPort = server.Port,
                SmtpTls = false,
            }
        );

        var refused = await Should.ThrowAsync<IOException>(() => mailer.SendAsync(Letter, Cancel));

        refused.Message.ShouldContain("MailboxUnavailable");
        refused.ToString().ShouldNotContain("jane");
    }

    [Fact]
    public async Task A_server_that_can_not_encrypt_is_told_nothing()
    {
        using var server = new SmtpServer();
        var mailer = new SmtpMailer(
            new MailSettings
            {
                SmtpHost = "127.0.0.1",
                SmtpPort = server.Port,
                SmtpUser = "lectern",
                SmtpPassword = "a secret",
            }
        );

        await Should.ThrowAsync<IOException>(() => mailer.SendAsync(Letter, Cancel));

        (await server.Served).ShouldAllBe(line => line.StartsWith("EHLO") || line == "QUIT");
    }

    [Fact]
    public async Task A_server_that_is_away_is_a_failure_to_try_again()
    {
        int port;
        using (var gone = new SmtpServer())
            port = gone.Port;
        var mailer = new SmtpMailer(new MailSettings { SmtpHost = "127.0.0.1", SmtpPort = port });

        await Should.ThrowAsync<IOException>(() => mailer.SendAsync(Letter, Cancel));
    }
}
