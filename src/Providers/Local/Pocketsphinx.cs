using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>
/// CMU pocketsphinx 5prealpha with its American English model, by its program pocketsphinx_batch: one run reads several
/// pieces, and says which word it heard in which frames of a hundredth of a second.
/// </summary>
internal sealed class Pocketsphinx(LocalEngineOptions options, Ffmpeg ffmpeg)
{
    public const string Name = "pocketsphinx";
    public const int SampleRate = 16_000;
    private const int FramesPerSecond = 100;

    private string AcousticModel => Path.Combine(options.PocketsphinxModel, "en-us");

    private string LanguageModel => Path.Combine(options.PocketsphinxModel, "en-us.lm.bin");

    public string Dictionary => Path.Combine(options.PocketsphinxModel, "cmudict-en-us.dict");

    /// <summary>Why it can't be used; null when it can.</summary>
    public async Task<string?> FindOutWhatIsMissingAsync(CancellationToken cancel)
    {
        const string install =
            "On Debian: apt-get install pocketsphinx pocketsphinx-en-us. Homebrew's version has other programs.";
        if (await ExternalProgram.VersionAsync(options.PocketsphinxPath, "-help", cancel) is null)
            return $"The program {options.PocketsphinxPath} is not installed. {install}";
        return Directory.Exists(AcousticModel) && File.Exists(LanguageModel) && File.Exists(Dictionary)
            ? null
            : $"There is no English model in {options.PocketsphinxModel}. {install}";
    }

    /// <summary>The sound at the rate of the model.</summary>
    public async Task<ReadOnlyMemory<short>> ResampleAsync(Pcm audio, CancellationToken cancel)
    {
        if (audio.Rate == SampleRate || audio.Samples.IsEmpty)
            return audio.Samples;
        var call = ffmpeg.Call([
            .. Ffmpeg.RawInput(audio.Rate),
            "-ar",
            $"{SampleRate}",
            "-ac",
            "1",
            "-f",
            "s16le",
            "-",
        ]);
        try
        {
            var input = MemoryMarshal.AsBytes(audio.Samples.Span).ToArray();
            var result = await ExternalProgram.RunAsync(call with { Input = input }, cancel);
            return MemoryMarshal.Cast<byte, short>(result.Output.Span).ToArray();
        }
        catch (ExternalProgramException failed)
        {
            throw new ProviderException(Name, ProviderFailure.Outage, failed.Message, inner: failed);
        }
    }

    /// <summary>Any English words: with the language model and the whole dictionary.</summary>
    public string[] AnyWords() => ["-lm", LanguageModel, "-dict", Dictionary];

    /// <summary>What is heard in each piece, in order.</summary>
    /// <param name="folder">Of this request alone.</param>
    /// <param name="pieces">Samples at <see cref="SampleRate"/>.</param>
    /// <param name="language">Arguments that say which words there are.</param>
    /// <param name="timeout">The longest that all may take.</param>
    /// <param name="cancel">Ends the run.</param>
    public async Task<IReadOnlyList<IReadOnlyList<TimedWord>>> ListenAsync(
        PrivateDirectory folder,
        IReadOnlyList<ReadOnlyMemory<short>> pieces,
        string[] language,
        TimeSpan timeout,
        CancellationToken cancel
    )
    {
        var names = new StringBuilder();
        for (var piece = 0; piece < pieces.Count; piece++)
        {
            names.Append(CultureInfo.InvariantCulture, $"{piece}\n");
            await WriteSamplesAsync(folder.File($"{piece}.raw"), pieces[piece], cancel);
        }
        await File.WriteAllTextAsync(folder.File("pieces"), names.ToString(), cancel);
        string[] arguments =
        [
            .. (string[])["-hmm", AcousticModel, "-adcin", "yes", "-cepdir", folder.Path, "-cepext", ".raw"],
            .. (string[])["-ctl", folder.File("pieces"), "-hypseg", folder.File("heard"), "-logfn", "/dev/null"],
            // It would leave silence out, and its clock would lag behind by that much.
            .. (string[])["-remove_silence", "no"],
            .. language,
        ];
        await LocalProgram.RunAsync(
            Name,
            new ProgramCall(options.PocketsphinxPath, arguments) { Timeout = timeout },
            cancel
        );
        var heard = File.Exists(folder.File("heard")) ? await File.ReadAllLinesAsync(folder.File("heard"), cancel) : [];
        return heard.Length == pieces.Count
            ? [.. heard.Select(ReadSegments)]
            : throw new ProviderException(
                Name,
                ProviderFailure.BadAnswer,
                "It did not listen to all of the recording."
            );
    }

    private static async Task WriteSamplesAsync(string path, ReadOnlyMemory<short> samples, CancellationToken cancel)
    {
        var bytes = new byte[samples.Length * 2];
        for (var i = 0; i < samples.Length; i++)
            BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(2 * i), samples.Span[i]);
        await File.WriteAllBytesAsync(path, bytes, cancel);
    }

    // "0 S 0 T -93 A -80 L -13 0 -262 -337 <sil> 20 -510 0 and(2) 37": after the scores of the whole, each word's first
    // frame, two scores and the word; at the end the frame after the last.
    private static IReadOnlyList<TimedWord> ReadSegments(string line)
    {
        var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var words = new List<TimedWord>();
        for (var at = Array.IndexOf(columns, "L") + 2; at >= 2 && at + 4 < columns.Length; at += 4)
        {
            var word = columns[at + 3];
            if (word[0] is '<' or '[' or '(' or '+') // silence, noise, and the joints of a grammar
                continue;
            var variant = word.IndexOf('('); // the dictionary's second pronunciation of the word
            var text = variant > 0 ? word[..variant] : word;
            words.Add(new TimedWord(text, FrameAt(columns[at]), FrameAt(columns[at + 4])));
        }
        return words;
    }

    private static TimeSpan FrameAt(string frame) =>
        int.TryParse(frame, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? TimeSpan.FromSeconds((double)number / FramesPerSecond)
            : throw new ProviderException(Name, ProviderFailure.BadAnswer, "Its times can't be read.");
}
