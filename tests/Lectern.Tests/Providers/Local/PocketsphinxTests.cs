using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel.Media;

namespace Lectern.Tests.Providers.Local;

public class PocketsphinxTests
{
    // Debian's pocketsphinx-testdata: five sentences of "Sense and Sensibility", read for LibriVox.
    private const string Recordings = "/usr/share/pocketsphinx/test/data/librivox";
    private static readonly LocalEngineOptions Options = new();
    private static readonly Ffmpeg Ffmpeg = new(new MediaToolOptions());
    private static readonly PocketsphinxTranscriber Transcriber = new(Options, Ffmpeg);
    private static readonly ForcedAligner Aligner = new(Options, Ffmpeg);
    private static readonly FliteEngine Flite = new(Options);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Real_speech_is_written_down_with_less_than_six_wrong_words_in_ten()
    {
        var (wrong, all) = (0, 0);
        foreach (var (audio, words) in await LibrivoxAsync())
        {
            var transcript = await TranscribeAsync(audio);
            wrong += Distance(words, transcript.Text.Split(' '));
            all += words.Length;
        }
        TestContext.Current.SendDiagnosticMessage($"Word error rate: {(double)wrong / all:0.000}");
        all.ShouldBeGreaterThan(70);
        ((double)wrong / all).ShouldBeLessThan(0.6);
    }

    [Fact]
    public async Task A_long_recording_is_cut_and_its_words_keep_their_times()
    {
        var pause = new short[16_000];
        var recordings = await LibrivoxAsync();
        var samples = new List<short>();
        var starts = new List<double>();
        foreach (var (audio, _) in recordings.Concat(recordings))
        {
            starts.Add(samples.Count / 16_000.0);
            samples.AddRange(audio.Samples.ToArray());
            samples.AddRange(pause);
        }
        var transcript = await TranscribeAsync(new Pcm(samples.ToArray(), 16_000));

        transcript.Words.Zip(transcript.Words.Skip(1)).ShouldAllBe(pair => pair.First.End <= pair.Second.Start);
        transcript.Text.ShouldBe(string.Join(' ', transcript.Words.Select(word => word.Text)));
        transcript.Text.ShouldBe(string.Join(' ', transcript.Segments.Select(segment => segment.Text)));
        transcript.Segments.Count.ShouldBeGreaterThanOrEqualTo(10);
        // Somebody begins to speak where each recording begins, the tenth too.
        foreach (var start in starts)
            transcript.Segments.ShouldContain(segment => Math.Abs(segment.Start.TotalSeconds - start) < 0.6);
    }

    [Fact]
    public async Task Silence_and_other_rates_are_no_trouble()
    {
        (await TranscribeAsync(new Pcm(new short[44_100], 44_100))).Words.Count.ShouldBeLessThan(3);
        (await TranscribeAsync(new Pcm(Array.Empty<short>(), 16_000))).Text.ShouldBe("");
    }

    [Fact]
    public async Task Other_languages_and_what_is_too_long_are_refused()
    {
        var second = new Pcm(new short[16_000], 16_000);
        foreach (
            var request in new[]
            {
                new TranscriptionRequest(second, "fr"),
                new TranscriptionRequest(new Pcm(new short[8_000 * 3_601], 8_000), null),
            }
        )
            (
                await Should.ThrowAsync<ProviderException>(() =>
                    Transcriber.TranscribeAsync(request, CallContext.WithoutKey(Guid.NewGuid()), Token)
                )
            ).Failure.ShouldBe(ProviderFailure.BadInput);
    }

    [Fact]
    public async Task Absent_programs_and_models_are_told_apart()
    {
        (await Transcriber.InspectAsync(Token)).IsAvailable.ShouldBeTrue();
        foreach (
            var (options, said) in new[]
            {
                (new LocalEngineOptions { PocketsphinxPath = "/nowhere/pocketsphinx" }, "/nowhere/pocketsphinx"),
                (new LocalEngineOptions { PocketsphinxModel = "/nowhere/model" }, "/nowhere/model"),
            }
        )
        {
            var reason = (await new PocketsphinxTranscriber(options, Ffmpeg).InspectAsync(Token)).Unavailable;
            reason.ShouldNotBeNull().ShouldContain(said);
            reason.ShouldContain("apt-get install pocketsphinx pocketsphinx-en-us");
            (await new ForcedAligner(options, Ffmpeg).FindOutWhatIsMissingAsync(Token)).ShouldBe(reason);
        }
    }

    // flite says when it spoke each phone; how many phones each word has is known here and checked.
    [Fact]
    public async Task Alignment_agrees_with_what_flite_says_of_its_own_speech()
    {
        const string text = "The quick brown fox jumps over my lazy dog.";
        (string Word, string Phones)[] expected =
        [
            ("The", "dh ax"),
            ("quick", "k w ih k"),
            ("brown", "b r aw n"),
            ("fox", "f aa k s"),
            ("jumps", "jh ah m p s"),
            ("over", "ow v er"),
            ("my", "m ay"),
            ("lazy", "l ey z iy"),
            ("dog.", "d ao g"),
        ];
        var speech = await Flite.SynthesizeAsync(
            new SpeechRequest(text, "slt") { WantsTimings = true },
            CallContext.WithoutKey(Guid.NewGuid()),
            Token
        );
        string.Join(' ', speech.Phones.Select(phone => phone.Text))
            .ShouldBe(string.Join(' ', expected.Select(word => word.Phones)));

        var aligned = await Aligner.AlignAsync(speech.Audio, text, Token);
        aligned.Select(word => word.Word.Text).ShouldBe(expected.Select(word => word.Word));
        aligned.ShouldAllBe(word => word.IsKnown && text.IndexOf(word.Word.Text, StringComparison.Ordinal) == word.At);
        var phone = 0;
        var worst = 0.0;
        foreach (var (word, i) in expected.Select((word, i) => (word, i)))
        {
            var count = word.Phones.Split(' ').Length;
            worst = Math.Max(worst, Apart(aligned[i].Word.Start, speech.Phones[phone].Start));
            worst = Math.Max(worst, Apart(aligned[i].Word.End, speech.Phones[phone + count - 1].End));
            phone += count;
        }
        TestContext.Current.SendDiagnosticMessage($"Farthest from flite's own times: {worst:0.000} s");
        worst.ShouldBeLessThan(0.12);
    }

    [Fact]
    public async Task A_word_that_no_dictionary_has_is_timed_between_its_neighbors_and_says_so()
    {
        var (audio, _) = (await LibrivoxAsync())[0];
        const string text =
            "And Mister John Zqxwood had then leisure to consider how much there might be prudently in his power "
            + "to do for them.";
        var aligned = await Aligner.AlignAsync(audio, text, Token);
        var unknown = aligned.Single(word => !word.IsKnown);
        unknown.Word.Text.ShouldBe("Zqxwood");
        // "Dashwood" is what is said there, from 1.00 to 1.55 s by an alignment that knows it.
        unknown.Word.Start.TotalSeconds.ShouldBe(1.0, 0.1);
        unknown.Word.End.TotalSeconds.ShouldBe(1.58, 0.15);
        aligned.Zip(aligned.Skip(1)).ShouldAllBe(pair => pair.First.Word.End <= pair.Second.Word.Start);
    }

    [Fact]
    public async Task Hyphens_quotes_and_typographic_apostrophes_are_no_new_words()
    {
        const string text = "\u201CDon\u2019t be ill-tempered,\u201D she said \u2014 twice!";
        var audio = await Flite.SpeakAsync(new SpeechRequest(text, "rms"), Token);
        var aligned = await Aligner.AlignAsync(audio, text, Token);
        aligned
            .Select(w => w.Word.Text)
            .ShouldBe(["\u201CDon\u2019t", "be", "ill-tempered,\u201D", "she", "said", "twice!"]);
        aligned.ShouldAllBe(word => word.IsKnown);
    }

    [Fact]
    public async Task Text_that_is_not_in_the_recording_or_is_no_text_gets_no_made_up_times()
    {
        var second = new Pcm(new short[16_000], 16_000);
        (await Aligner.AlignAsync(second, "  ... \u2014 ", Token)).ShouldBeEmpty();
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            Aligner.AlignAsync(second, string.Join(' ', Enumerable.Repeat("consider the lilies", 40)), Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.BadAnswer);
        (
            await Should.ThrowAsync<ProviderException>(() =>
                Aligner.AlignAsync(second, string.Join(' ', Enumerable.Repeat("one", 501)), Token)
            )
        ).Failure.ShouldBe(ProviderFailure.BadInput);
    }

    [Fact]
    public void Pieces_are_cut_in_the_pauses_and_leave_nothing_out()
    {
        const int rate = 1_000;
        var noise = new Random(1);
        var samples = new short[65 * rate];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = i / rate is 11 or 25 or 44 ? (short)0 : (short)noise.Next(-9_000, 9_000);
        var pieces = QuietCuts.Of(samples, rate);
        pieces[0].Start.Value.ShouldBe(0);
        pieces[^1].End.Value.ShouldBe(samples.Length);
        pieces.Zip(pieces.Skip(1)).ShouldAllBe(pair => pair.First.End.Value == pair.Second.Start.Value);
        pieces.ShouldAllBe(piece => piece.End.Value - piece.Start.Value <= 20 * rate);
        pieces.Take(3).Select(piece => piece.End.Value / rate).ShouldBe([11, 25, 44]);
    }

    private static Task<Transcript> TranscribeAsync(Pcm audio) =>
        Transcriber.TranscribeAsync(
            new TranscriptionRequest(audio, "en-US"),
            CallContext.WithoutKey(Guid.NewGuid()),
            Token
        );

    private static async Task<List<(Pcm Audio, string[] Words)>> LibrivoxAsync()
    {
        var recordings = new List<(Pcm, string[])>();
        // "<s> and mister john … </s> (name of the file)"
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(Recordings, "transcription"), Token))
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var file = Path.Combine(Recordings, columns[^1].Trim('(', ')') + ".wav");
            var wav = Wav.Read(await File.ReadAllBytesAsync(file, Token));
            recordings.Add((wav.Audio.ShouldNotBeNull(), columns[1..^2]));
        }
        return recordings;
    }

    private static double Apart(TimeSpan one, TimeSpan other) => Math.Abs((one - other).TotalSeconds);

    // Substitutions, insertions and deletions: Levenshtein's distance over words, of which the word error rate is made.
    private static int Distance(string[] said, string[] heard)
    {
        var row = Enumerable.Range(0, heard.Length + 1).ToArray();
        for (var i = 1; i <= said.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= heard.Length; j++)
            {
                var change = diagonal + (said[i - 1] == heard[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[^1];
    }
}
