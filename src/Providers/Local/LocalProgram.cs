using System.Text;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>What the engines of this machine share: one run of a program per request, and how its failures are told.</summary>
internal static class LocalProgram
{
    private const long Memory = 2L << 30;
    private const long LargestFile = 512L << 20;

    /// <summary>Runs a program within the kernel's limits; it may compute for as long as it may take.</summary>
    public static async Task<ProgramResult> RunAsync(string engine, ProgramCall call, CancellationToken cancel)
    {
        var limits = new ProgramLimits(call.Timeout, Memory, LargestFile);
        try
        {
            return await ExternalProgram.RunAsync(call with { Limits = limits }, cancel);
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
    }

    /// <summary>Runs a program that writes a WAV file to its standard output.</summary>
    public static async Task<Pcm> SpeakAsync(string engine, ProgramCall call, CancellationToken cancel)
    {
        var result = await RunAsync(engine, call, cancel);
        return Decode(engine, result.Output.Span);
    }

    /// <summary>The WAV file that a program left behind; one that left none had nothing to say.</summary>
    public static async Task<Pcm> ReadAsync(string engine, string path, CancellationToken cancel) =>
        File.Exists(path)
            ? Decode(engine, await File.ReadAllBytesAsync(path, cancel))
            : throw new ProviderException(engine, ProviderFailure.BadAnswer, "It wrote no audio.");

    public static ProviderException NoVoice(string engine, string voice) =>
        new(engine, ProviderFailure.BadInput, $"There is no voice {voice}.");

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

    /// <summary>
    /// For programs that read bytes, not characters: a typographic quote is three strange ones to them, and breaks the
    /// word it is in.
    /// </summary>
    public static string Plain(string text) =>
        Clean(text)
            .Replace('\u2018', '\'')
            .Replace('\u2019', '\'')
            .Replace('\u201C', '"')
            .Replace('\u201D', '"')
            .Replace("\u2014", ", ", StringComparison.Ordinal)
            .Replace('\u2013', '-')
            .Replace("\u2026", "...", StringComparison.Ordinal);

    private static Pcm Decode(string engine, ReadOnlySpan<byte> wav)
    {
        var reading = Wav.Read(wav);
        return reading.Audio ?? throw new ProviderException(engine, ProviderFailure.BadAnswer, reading.Detail);
    }
}
