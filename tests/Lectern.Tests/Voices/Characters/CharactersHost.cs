using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Lectern.Voices;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Lectern.Tests.Voices.Characters;

/// <summary>A provider of clones whose state the test sets. Its voices are in a list.</summary>
internal sealed class FakeCloner(string name, bool keepsVoices) : IVoiceCloner
{
    private int _made;

    public string Name => name;

    public bool KeepsVoices => keepsVoices;

    public EngineLimits Limits { get; } = new(2) { MaxSeconds = 4, IsRemote = true };

    /// <summary>Whether it can be used without a key.</summary>
    public bool NeedsKey { get; set; } = true;

    /// <summary>Thrown by the next call, then forgotten.</summary>
    public ConcurrentQueue<ProviderException> Failures { get; } = new();

    public ConcurrentDictionary<string, CloneRequest> Voices { get; } = new();

    public ConcurrentBag<string?> Keys { get; } = [];

    /// <summary>Runs in the middle of a call.</summary>
    public Func<Task> Meanwhile { get; set; } = () => Task.CompletedTask;

    public int Asked => _made;

    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        Task.FromResult(
            NeedsKey && key is null ? EngineInspection.Absent("It has no key.") : new EngineInspection("1", null, [])
        );

    public async Task<string> CloneAsync(CloneRequest request, CallContext context, CancellationToken cancel)
    {
        Keys.Add(context.Key);
        var voice = $"voice{Interlocked.Increment(ref _made)}";
        if (Failures.TryDequeue(out var failure))
            throw failure;
        await Meanwhile();
        Voices[voice] = request;
        return voice;
    }

    public Task DeleteAsync(string voice, CallContext context, CancellationToken cancel)
    {
        if (Failures.TryDequeue(out var failure))
            throw failure;
        Voices.TryRemove(voice, out _);
        return Task.CompletedTask;
    }
}

/// <summary>Accounts, Billing and Voices with the real flite, and with cloners of the test's choice.</summary>
internal sealed class CharactersHost(ApiHost api) : IAsyncDisposable
{
    public ApiHost Api => api;

    public static async Task<CharactersHost> StartAsync(
        IReadOnlyList<IVoiceCloner>? cloners = null,
        IReadOnlyList<ISpeechEngine>? engines = null,
        bool runWorkers = true
    ) =>
        new(
            await ApiHost.StartAsync(
                [new AccountsModule(), new BillingModule(), new VoicesModule()],
                services =>
                {
                    SignedUp.QuickPasswords(services);
                    services.Replace(
                        ServiceDescriptor.Singleton(
                            new EngineSet([
                                new FliteEngine(new LocalEngineOptions()),
                                .. engines ?? [],
                                .. cloners ?? [],
                            ])
                        )
                    );
                },
                runWorkers: runWorkers
            )
        );

    public ValueTask DisposeAsync() => api.DisposeAsync();

    /// <summary>Has the engines say anew whether they can be used.</summary>
    public Task RefreshAsync() =>
        api
            .Services.GetRequiredService<VoiceCatalogue>()
            .RefreshAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

    /// <summary>Somebody new, with a workspace.</summary>
    public async Task<Dweller> SignUpAsync()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        using var answer = await api.PostAsync("/auth/signup", new { email, password = SignedUp.Password });
        var body = await answer.JsonAsync();
        PublicId.TryParse("person", (string)body["person"]!["id"]!, out var person).ShouldBeTrue();
        PublicId.TryParse("workspace", (string)body["workspace"]!["id"]!, out var workspace).ShouldBeTrue();
        return new Dweller(api, (string)body["tokens"]!["accessToken"]!, person, workspace);
    }

    /// <summary>How many files characters have.</summary>
    public int Files()
    {
        var folder = Path.Combine(api.BlobFolder, "characters");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length : 0;
    }
}

/// <summary>Somebody who makes characters.</summary>
internal sealed class Dweller(ApiHost api, string token, Guid person, Guid workspace)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public string Token => token;

    public Guid Id => person;

    public Guid Workspace => workspace;

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        HttpContent? content = null,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        return await api.Client.SendAsync(request, Cancel);
    }

    public Task<HttpResponseMessage> GetAsync(string path) => api.GetAsync(path, token);

    public Task<HttpResponseMessage> DeleteAsync(string path) => api.DeleteAsync(path, token);

    public Task<HttpResponseMessage> SendJsonAsync(HttpMethod method, string path, object body) =>
        api.SendAsync(method, path, body, token);

    public async Task<JsonNode> JsonAsync(string path)
    {
        using var answer = await GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancel));
        return await answer.JsonAsync();
    }

    /// <summary>Posts a form to make a character.</summary>
    public async Task<HttpResponseMessage> PostAsync(
        byte[]? sample,
        IReadOnlyDictionary<string, byte[]>? images = null,
        string? key = null,
        params (string Name, string Value)[] fields
    )
    {
        using var form = Form(images, fields);
        if (sample is not null)
            form.Add(new ByteArrayContent(sample), "sample", "sample.wav");
        return await SendAsync(HttpMethod.Post, "/characters", form, key is null ? [] : [("Idempotency-Key", key)]);
    }

    /// <summary>A character with slt's voice, or another's; its id.</summary>
    public async Task<string> MakeAsync(
        string voice = "slt",
        IReadOnlyDictionary<string, byte[]>? images = null,
        params (string Name, string Value)[] fields
    )
    {
        var named = fields.Any(field => field.Name == "name") ? fields : [("name", "Anne"), .. fields];
        using var made = await PostAsync(await Recordings.WavAsync(voice), images, null, named);
        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync(Cancel));
        return (string)(await made.JsonAsync())["id"]!;
    }

    public Task<JsonNode> CharacterAsync(string id) => JsonAsync($"/characters/{id}");

    /// <summary>The ids in a list.</summary>
    public async Task<List<string>> ListAsync(string query) =>
        (await JsonAsync($"/characters?{query}"))["items"]!.AsArray().Select(item => (string)item!["id"]!).ToList();

    public async Task<HttpResponseMessage> AddImagesAsync(string id, params (string Part, byte[] Bytes)[] images)
    {
        using var form = Form(images.ToDictionary(image => image.Part, image => image.Bytes));
        return await SendAsync(HttpMethod.Post, $"/characters/{id}/images", form);
    }

    public static MultipartFormDataContent Form(
        IReadOnlyDictionary<string, byte[]>? images,
        params (string Name, string Value)[] fields
    )
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
            form.Add(new StringContent(value), name);
        foreach (var (part, bytes) in images ?? new Dictionary<string, byte[]>())
            form.Add(new ByteArrayContent(bytes), part, part);
        return form;
    }
}
