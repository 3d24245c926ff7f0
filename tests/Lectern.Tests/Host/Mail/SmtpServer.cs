using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lectern.Tests.Host.Mail;

/// <summary>A small SMTP server (RFC 5321) for one connection: it keeps what it is told, and can say no.</summary>
internal sealed class SmtpServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<string> _lines = [];

    /// <param name="answerToRecipient">What it says to RCPT TO.</param>
    public SmtpServer(string answerToRecipient = "250 OK")
    {
        _listener.Start();
        Served = ServeAsync(answerToRecipient);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What the client said, once it is gone.</summary>
    public Task<IReadOnlyList<string>> Served { get; }

    public void Dispose() => _listener.Dispose();

    private async Task<IReadOnlyList<string>> ServeAsync(string answerToRecipient)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        await using var writer = new StreamWriter(client.GetStream(), new UTF8Encoding(false))
        {
            AutoFlush = true,
            NewLine = "\r\n",
        };
        await writer.WriteLineAsync("220 test");
        var inData = false;
        while (await reader.ReadLineAsync() is { } line)
        {
            _lines.Add(line);
            if (inData)
            {
                inData = line != ".";
                if (!inData)
                    await writer.WriteLineAsync("250 taken");
                continue;
            }

            inData = line == "DATA";
            await writer.WriteLineAsync(
                line switch
                {
                    _ when line.StartsWith("EHLO", StringComparison.Ordinal) => "250-test\r\n250 AUTH LOGIN",
                    _ when line.StartsWith("AUTH", StringComparison.Ordinal) => "334 UGFzc3dvcmQ6",
                    _ when line.StartsWith("RCPT", StringComparison.Ordinal) => answerToRecipient,
                    "DATA" => "354 go on",
                    "QUIT" => "221 bye",
                    _ when _lines[^2].StartsWith("AUTH", StringComparison.Ordinal) => "235 welcome",
                    _ => "250 OK",
                }
            );
        }

        return _lines;
    }
}
