using System.Collections.Concurrent;
using Lectern.Providers;

namespace Lectern.Tests.Jobs;

/// <summary>The real flite, except that it writes down what it was asked to speak, and a test can get in the way.</summary>
internal sealed class WatchedEngine(ISpeechEngine real) : ISpeechEngine
{
    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task>> _before = new();
    private readonly ConcurrentQueue<string> _spoken = new();

    public string Name => real.Name;

    public EngineLimits Limits => real.Limits;

    /// <summary>Texts that became audio, in order.</summary>
    public IReadOnlyList<string> Spoken => [.. _spoken];

    /// <summary>Those of them with one of these words: jobs of other tests may be at work at the same time.</summary>
    public IReadOnlyList<string> SpokenWith(params string[] words) =>
        [.. _spoken.Where(text => words.Any(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)))];

    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) => real.InspectAsync(key, cancel);

    public async Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        foreach (var (word, before) in _before)
        {
            if (request.Text.Contains(word, StringComparison.OrdinalIgnoreCase))
                await before(cancel);
        }

        var speech = await real.SynthesizeAsync(request, context, cancel);
        _spoken.Enqueue(request.Text);
        return speech;
    }

    /// <summary>Fails for texts with the word until it is disposed, not before a given moment.</summary>
    public IDisposable FailFor(string word, ProviderFailure failure, Task moment) =>
        Do(
            word,
            async cancel =>
            {
                await moment.WaitAsync(cancel);
                throw new ProviderException(Name, failure, "It will not say that.");
            }
        );

    /// <summary>Fails a few times, or once, for a text with the word.</summary>
    public IDisposable FailOnceFor(string word, ProviderFailure failure, TimeSpan? retryAfter = null, int times = 1)
    {
        var failed = 0;
        return Do(
            word,
            _ =>
                Interlocked.Increment(ref failed) <= times
                    ? throw new ProviderException(Name, failure, "Not now.", retryAfter)
                    : Task.CompletedTask
        );
    }

    /// <summary>Waits before texts with the word until the gate is opened.</summary>
    public Gate StopAt(string word)
    {
        var gate = new Gate(() => _before.TryRemove(word, out _));
        _before[word] = gate.PassAsync;
        return gate;
    }

    /// <summary>Fails for texts with the word until it is disposed.</summary>
    public IDisposable FailFor(string word, ProviderFailure failure, TimeSpan? retryAfter = null) =>
        Do(word, _ => throw new ProviderException(Name, failure, "It will not say that.", retryAfter));

    private Rule Do(string word, Func<CancellationToken, Task> before)
    {
        _before[word] = before;
        return new Rule(() => _before.TryRemove(word, out _));
    }

    private sealed class Rule(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }

    /// <summary>Where an engine waits.</summary>
    internal sealed class Gate(Action remove) : IDisposable
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Somebody waits at the gate.</summary>
        public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        public void Open() => _open.TrySetResult();

        public Task PassAsync(CancellationToken cancel)
        {
            _reached.TrySetResult();
            return _open.Task.WaitAsync(cancel);
        }

        public void Dispose()
        {
            remove();
            Open();
        }
    }
}
