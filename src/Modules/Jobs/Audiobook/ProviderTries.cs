using Lectern.Eventing;
using Lectern.Providers;

namespace Lectern.Jobs.Audiobook;

/// <summary>What a provider's failure means for the message whose handler called it.</summary>
internal static class ProviderTries
{
    /// <summary>Runs a step that calls a provider.</summary>
    /// <returns>False when the message was postponed: the provider has enough to do, and that is no failure.</returns>
    /// <exception cref="GiveUpException">It can't succeed: asking again would keep the owner waiting, and may cost money.</exception>
    /// <exception cref="RetryLaterException">The provider said when to come back.</exception>
    public static async Task<bool> RunAsync(MessageContext context, Func<Task> step)
    {
        try
        {
            await step();
            return true;
        }
        catch (ProviderException e) when (e.IsPassing)
        {
            context.Postpone(e.RetryAfter ?? TimeSpan.FromSeconds(1));
            return false;
        }
        catch (ProviderException e) when (!e.IsTransient)
        {
            throw new GiveUpException(e.Message, e);
        }
        catch (ProviderException e) when (e.RetryAfter is { } delay)
        {
            throw new RetryLaterException(e.Message, delay, inner: e);
        }
    }
}
