using System.Text;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>What the local engines share: one program run per chunk, a WAV on its standard output.</summary>
internal static class SpokenProgram
{
    private static readonly ProgramLimits Limits = new(
        Cpu: TimeSpan.FromSeconds(60),
        MemoryBytes: 2L << 30,
        FileBytes: 512L << 20
    );

    public static async Task<Speech> SpeakAsync(string engine, ProgramCall call, CancellationToken cancellationToken)
    {
        ProgramResult result;
        try
        {
            result = await ExternalProgram.RunAsync(call with { Limits = Limits }, cancellationToken);
        }
        catch (ExternalProgramException failed)
        {
            var failure = failed.Failure switch
            {
                ProgramFailure.TimedOut => ProviderFailure.UnknownOutcome,
                ProgramFailure.TooMuchOutput => ProviderFailure.BadAnswer,
                _ => ProviderFailure.Outage,
            };
            throw new ProviderException(engine, failure, failed.Message, inner: failed);
        }
        var reading = Wav.Read(result.Output.Span);
        return reading.Audio is { } audio
            ? new Speech(audio)
            : throw new ProviderException(engine, ProviderFailure.BadAnswer, reading.Detail);
    }

    public static void Check(string engine, EngineLimits limits, SpeechRequest request)
    {
        if (request.Text.Length > limits.MaxCharacters)
            throw new ProviderException(
                engine,
                ProviderFailure.BadInput,
                $"The text has {request.Text.Length} characters; the limit is {limits.MaxCharacters}."
            );
        if (request.Speed < limits.MinSpeed || request.Speed > limits.MaxSpeed)
            throw new ProviderException(
                engine,
                ProviderFailure.BadInput,
                $"The speed must lie between {limits.MinSpeed} and {limits.MaxSpeed}."
            );
    }

    /// <summary>
    /// Control characters become spaces: NUL would end an argument early, and espeak-ng takes Ctrl-A for the start of a
    /// command. A lone surrogate is no text and becomes U+FFFD when it is encoded.
    /// </summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
            clean.Append(char.IsControl(c) ? ' ' : c);
        return clean.ToString();
    }
}
