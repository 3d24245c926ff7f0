using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Lectern.Accounts.Contracts;
using Lectern.Host.Mail;
using Lectern.Host.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Lectern.Host.Commands;

/// <summary>
/// <c>lectern run</c>: serves, and makes an audiobook of a text through the API, as any client would, with a progress bar.
/// </summary>
internal static class RunCommand
{
    private static readonly string Sample = Path.Combine("samples", "pride-and-prejudice.txt");

    public static Command Create()
    {
        var book = new Argument<string?>("book")
        {
            Description = "A text or Markdown file; the bundled sample without one.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var once = new Option<bool>("--once") { Description = "Exit when the audiobook is written." };
        var voice = new Option<string?>("--voice") { Description = "A voice's id; see /api/v1/voices." };
        var format = new Option<string?>("--format")
        {
            Description = "m4b, mp3 or wav; by the ending of --out, else m4b.",
        };
        var output = new Option<string?>("--out") { Description = "The file to write; out/TITLE.FORMAT without it." };
        var command = new Command("run", "Serve, and make an audiobook of a text.")
        {
            book,
            once,
            voice,
            format,
            output,
        };
        command.SetAction(
            (parsed, cancel) =>
                RunAsync(
                    new RunRequest(
                        parsed.GetValue(book) ?? Sample,
                        parsed.GetValue(voice),
                        parsed.GetValue(format),
                        parsed.GetValue(output)
                    ),
                    parsed.GetValue(once),
                    cancel
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(RunRequest request, bool once, CancellationToken cancel)
    {
        if (!File.Exists(request.Book))
            throw new StartRefusedException($"There is no file {request.Book}.", StartRefusedException.WrongSetting);

        await using var app = LecternHost.Build(configure: builder =>
        {
            builder.LogOnlyWarnings();
            if (once) // nobody else is to be served, so any free port will do
                builder.WebHost.UseUrls("http://127.0.0.1:0");
        });
        await app.StartAsync(cancel);
        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        try
        {
            var address = app
                .Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!
                .Addresses.First();
            using var client = new HttpClient { BaseAddress = new Uri(address), Timeout = Timeout.InfiniteTimeSpan };
            var data = app.Services.GetRequiredService<IOptions<DataSettings>>().Value;
            var people = app.Services.GetRequiredService<PeopleOperations>();
            var account = await RunAccount.SignInAsync(client, people, data.Folder, stopping.Token);
            if (!once)
                Console.WriteLine($"Lectern serves on {address}  (documentation: {address}/docs)");
            var made = await new AudiobookMaker(client).MakeAsync(request, stopping.Token);
            if (!once)
            {
                Console.WriteLine($"Account:    {account.Email}  password {account.Password}");
                var mail = app.Services.GetRequiredService<IOptions<MailSettings>>().Value;
                if (mail.FolderIn(data.Folder) is { } folder)
                    Console.WriteLine($"Mail:       {folder}  (no SMTP server is configured)");
                Console.WriteLine(
                    $"Try:        curl -s {address}/api/v1/jobs -H \"Authorization: Bearer {account.AccessToken}\""
                );
                Console.WriteLine("Stop with Ctrl+C; nothing is lost, and ./run goes on where it stopped.");
                await app.WaitForShutdownAsync(cancel);
            }

            return made ? 0 : 1;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return 130; // stopped by the person: what was begun goes on at the next start
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
        }
    }
}

/// <summary>What to make of what.</summary>
internal sealed record RunRequest(string Book, string? Voice, string? Format, string? Out);

/// <summary>The account that <c>run</c> uses; made at the first run as an operator makes one, kept in the data folder, readable by its owner only.</summary>
internal sealed record RunAccount(string Email, string Password, string AccessToken)
{
    public static async Task<RunAccount> SignInAsync(
        HttpClient client,
        PeopleOperations people,
        string dataFolder,
        CancellationToken cancel
    )
    {
        var path = Path.Combine(dataFolder, "run-account.json");
        var known = File.Exists(path)
            ? JsonSerializer.Deserialize<RunAccount>(await File.ReadAllTextAsync(path, cancel))
            : null;
        var account =
            known
            ?? new RunAccount(
                $"you-{RandomNumberGenerator.GetHexString(6, lowercase: true)}@lectern.example",
                RandomNumberGenerator.GetHexString(20, lowercase: true),
                ""
            );
        if (known is null)
        {
            var text = JsonSerializer.Serialize(account);
            await using var file = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            );
            await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancel);
        }

        var credentials = new { email = account.Email, password = account.Password };
        var token = await LogInAsync(client, credentials, cancel);
        if (token is null)
        {
            var made = await people.CreateAsync(account.Email, null, admin: false, account.Password, cancel);
            token = made.Done ? await LogInAsync(client, credentials, cancel) : null;
            if (token is null)
                throw new StartRefusedException(
                    $"The account in {path} can't be used: {made.Text} Delete the file to get another account.",
                    StartRefusedException.CannotStart
                );
        }

        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return account with { AccessToken = token };
    }

    private static async Task<string?> LogInAsync(HttpClient client, object credentials, CancellationToken cancel)
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/auth/login", credentials, cancel);
        if (answer.StatusCode == HttpStatusCode.Unauthorized)
            return null;
        var body = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancel);
        return body.GetProperty("accessToken").GetString();
    }
}

/// <summary>Makes one audiobook through the API. The same text asked for again while it is made is the same job.</summary>
internal sealed class AudiobookMaker(HttpClient client)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PrintEvery = TimeSpan.FromSeconds(5);

    public async Task<bool> MakeAsync(RunRequest request, CancellationToken cancel)
    {
        var format = request.Format ?? Path.GetExtension(request.Out)?.TrimStart('.').ToLowerInvariant();
        if (string.IsNullOrEmpty(format))
            format = "m4b";
        var started = Stopwatch.StartNew();
        var job = await FindUnfinishedAsync(request, format, cancel) ?? await SubmitAsync(request, format, cancel);
        if (job is null)
            return false;
        var ended = await FollowAsync(job, cancel);
        if (ended.GetProperty("status").GetString() != "completed")
        {
            var error = ended.GetProperty("error");
            await Console.Error.WriteLineAsync(
                error.ValueKind == JsonValueKind.Null
                    ? $"The job was {ended.GetProperty("status").GetString()}."
                    : $"The job failed: {error.GetProperty("detail").GetString()}"
            );
            return false;
        }

        var path = Path.GetFullPath(
            request.Out ?? Path.Combine("out", $"{Path.GetFileNameWithoutExtension(request.Book)}.{format}")
        );
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using (var file = File.Create(path))
        await using (var content = await client.GetStreamAsync($"/api/v1/jobs/{job}/download", cancel))
            await content.CopyToAsync(file, cancel);

        var played = TimeSpan.FromMilliseconds(ended.GetProperty("result").GetProperty("durationMs").GetInt64());
        Console.WriteLine(
            $"Audiobook:  {path}  ({played:h\\:mm\\:ss}, {new FileInfo(path).Length / 1e6:0.0} MB, {ended.GetProperty("chapters").GetProperty("total").GetInt32()} chapters, made in {started.Elapsed.TotalSeconds:0.0} s)"
        );
        return true;
    }

    /// <summary>An earlier run's job for the same book that is still going: it was interrupted, and goes on.</summary>
    private async Task<string?> FindUnfinishedAsync(RunRequest request, string format, CancellationToken cancel)
    {
        foreach (var status in (string[])["running", "pending"])
        {
            var page = await client.GetFromJsonAsync<JsonElement>(
                $"/api/v1/jobs?status={status}&format={format}",
                cancel
            );
            foreach (var job in page.GetProperty("items").EnumerateArray())
                if (
                    job.GetProperty("title").GetString() == TitleOf(request.Book)
                    && (request.Voice is null || job.GetProperty("voice").GetString() == request.Voice)
                )
                {
                    Console.WriteLine("Going on with the job that was interrupted.");
                    return job.GetProperty("id").GetString();
                }
        }

        return null;
    }

    private async Task<string?> SubmitAsync(RunRequest request, string format, CancellationToken cancel)
    {
        using var form = new MultipartFormDataContent();
        await using var book = File.OpenRead(request.Book);
        form.Add(new StreamContent(book), "file", Path.GetFileName(request.Book));
        form.Add(new StringContent(TitleOf(request.Book)), "title");
        form.Add(new StringContent(format), "format");
        if (request.Voice is not null)
            form.Add(new StringContent(request.Voice), "voice");
        using var message = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs") { Content = form };
        message.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        using var answer = await client.SendAsync(message, cancel);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
        if (answer.IsSuccessStatusCode)
            return body.GetProperty("id").GetString();
        await Console.Error.WriteLineAsync(
            $"{body.GetProperty("detail").GetString()} {body.GetProperty("hint").GetString()}"
        );
        return null;
    }

    private async Task<JsonElement> FollowAsync(string job, CancellationToken cancel)
    {
        var bar = !Console.IsOutputRedirected;
        var printed = Stopwatch.StartNew();
        while (true)
        {
            var view = await client.GetFromJsonAsync<JsonElement>($"/api/v1/jobs/{job}", cancel);
            var status = view.GetProperty("status").GetString();
            var ended = status is not ("pending" or "running");
            if (bar)
                Console.Write("\r" + Line(view) + "\u001b[K");
            else if (printed.Elapsed > PrintEvery || ended)
            {
                Console.WriteLine(Line(view));
                printed.Restart();
            }

            if (ended)
            {
                if (bar)
                    Console.WriteLine();
                return view;
            }

            await Task.Delay(LookEvery, cancel);
        }
    }

    private static string Line(JsonElement view)
    {
        var percent = view.GetProperty("percent").GetInt32();
        var chunks = view.GetProperty("chunks");
        var left = view.GetProperty("secondsLeft");
        return $"{view.GetProperty("title").GetString()}  [{new string('#', percent / 5), -20}] {percent, 3} %  {view.GetProperty("stage").GetString()}  {chunks.GetProperty("done").GetInt32()}/{chunks.GetProperty("total").GetInt32()} chunks"
            + (left.ValueKind == JsonValueKind.Number ? $"  about {left.GetInt32()} s left" : "");
    }

    private static string TitleOf(string book)
    {
        var words = Path.GetFileNameWithoutExtension(book).Replace('-', ' ').Replace('_', ' ').Trim();
        return words.Length == 0 ? "Untitled" : char.ToUpperInvariant(words[0]) + words[1..];
    }
}
