using System.Diagnostics;

namespace Lectern.Tests.Http;

/// <summary>The one way to wait for what happens in the background: ask until it is so, or fail after a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(15);

    public static async Task<T> IsAsync<T>(Func<Task<T>> ask, Func<T, bool> isSo, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isSo(answer))
                return answer;
            if (Stopwatch.GetElapsedTime(started) > Deadline)
                throw new TimeoutException($"It is still not so that {what}; the last answer was: {answer}");
            await Task.Delay(AskAgain, TestContext.Current.CancellationToken);
        }
    }
}
