using System.Net.Http.Json;
using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.Tests.Host;
using Lectern.Tests.Http;
using Lectern.Tests.Voices;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Lectern.Tests.Jobs;

/// <summary>The whole host with the real flite and ffmpeg; the engine can be watched.</summary>
public sealed class JobsHost : WholeHost
{
    private readonly WatchedEngine _engine = new(new FliteEngine(new LocalEngineOptions()));
    private readonly WatchedEngine _cloud = new(new CloudEngine(new FliteEngine(new LocalEngineOptions())));
    private readonly FakeEngine _parrot = new("parrot", FakeEngine.Voice("parrot-polly", "en", VoiceGender.Neutral));

    /// <summary>Two places, so that a third job waits.</summary>
    public const int Places = 2;

    /// <summary>A voice whose engine was there at the start and is gone now.</summary>
    public const string UnavailableVoice = "parrot-polly";

    internal WatchedEngine Engine => _engine;

    /// <summary>A service.</summary>
    internal WatchedEngine Cloud => _cloud;

    internal string BlobFolder => Path.Combine(DataFolder, "blobs");

    protected override IReadOnlyDictionary<string, string?> Settings { get; } =
        new Dictionary<string, string?>
        {
            ["Lectern:Jobs:RunningPerWorkspace"] = $"{Places}",
            ["Lectern:Jobs:RenderParallelism"] = "4",
            ["Lectern:Providers:OpenAiUrl"] = "http://127.0.0.1:9/", // nobody is there
        };

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _parrot.Unavailable = "It has flown.";
        await Services
            .GetRequiredService<VoiceCatalogue>()
            .RefreshAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        // The first job of all measures the voice's loudness; then the engine is asked for chunks only.
        var person = await SignUpAsync();
        await person.MakeAsync("We are ready.");
    }

    protected override void Configure(WebApplicationBuilder builder) =>
        builder.Services.Replace(ServiceDescriptor.Singleton(new EngineSet([_engine, _cloud, _parrot])));

    /// <summary>A new person with a workspace and 20 credits.</summary>
    internal async Task<Person> SignUpAsync(string? email = null, string? name = null)
    {
        var person = await RegisterAsync(email, name);
        await Eventually.IsAsync(
            async () => (string?)(await person.JsonAsync("/credits"))["available"],
            available => available == "20",
            "the credits are granted"
        );
        return person;
    }

    /// <summary>Somebody who administers the platform.</summary>
    internal async Task<Person> PlatformAdminAsync()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        var person = await SignUpAsync(email);
        await ExecuteAsync("update accounts.people set platform_admin = true where email_normalized = $1", email);
        using var answer = await Client.PostAsJsonAsync(
            "/api/v1/auth/login",
            new { email, password = Password },
            TestContext.Current.CancellationToken
        );
        return new Person(Client, (string)(await answer.JsonAsync())["accessToken"]!, person.Workspace);
    }
}

/// <summary>Tests that share one host; they run one after the other. Beside them run those of the other hosts.</summary>
[CollectionDefinition(Name)]
public sealed class JobsHostCollection : ICollectionFixture<JobsHost>
{
    public const string Name = "jobs over HTTP";
}

/// <summary>Those of how jobs are asked for, wait and are listened to.</summary>
[CollectionDefinition(Name)]
public sealed class SubmissionCollection : ICollectionFixture<JobsHost>
{
    public const string Name = "submission over HTTP";
}

/// <summary>Those of how audiobooks are made.</summary>
[CollectionDefinition(Name)]
public sealed class AudiobookCollection : ICollectionFixture<JobsHost>
{
    public const string Name = "audiobooks over HTTP";
}
