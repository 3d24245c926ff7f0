using System.Text.Json;
using Lectern.Jobs.Audio;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Tests.Jobs.Audio;

public class PackagingTests
{
    private static readonly string[] HostileTitles =
    [
        "Chapter 1: The End",
        "a=b; c#d \\ e [CHAPTER] \"q\" 'x'",
        "first line\nSTART=0\r\n[CHAPTER]\ttab \0 nul",
        "Ünïcödé — 第一章 🎧",
        "",
        "ends in \\",
        "-i /etc/passwd",
        new string('x', 5_000),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("m4b")]
    [InlineData("mp3")]
    public async Task Chapters_and_tags_show_as_they_were_written_whatever_they_hold(string name)
    {
        using var directory = new PrivateDirectory();
        var (book, segments) = await MakeAsync(AudioFormat.Find(name)!, HostileTitles);
        var path = directory.File("book." + name);
        await new Packaging(Sound.Ffmpeg).WriteAsync(book, Sound.Streams(segments), path, Token);

        (await new Packaging(Sound.Ffmpeg).VerifyAsync(book, path, Token)).ShouldBeNull();
        var probe = await Sound.Ffmpeg.ProbeAsync(
            path,
            Sound.Demuxer(book.Format),
            ["-show_chapters", "-show_format", "-show_streams"],
            Token
        );
        var chapters = probe.GetProperty("chapters").EnumerateArray().ToList();
        chapters
            .Select(Title)
            .ShouldBe([
                "Chapter 1: The End",
                "a=b; c#d \\ e [CHAPTER] \"q\" 'x'",
                "first line START=0  [CHAPTER] tab   nul",
                "Ünïcödé — 第一章 🎧",
                "Untitled",
                "ends in \\",
                "-i /etc/passwd",
                new string('x', 500),
            ]);
        var marks = book.Marks().ToList();
        for (var i = 0; i < marks.Count; i++)
        {
            Seconds(chapters[i], "start_time").ShouldBe((double)marks[i].Start / book.Rate, 0.0011);
            Seconds(chapters[i], "end_time").ShouldBe((double)marks[i].End / book.Rate, 0.0011);
        }

        var tags = probe.GetProperty("format").GetProperty("tags");
        tags.GetProperty("title").GetString()!.TrimEnd().ShouldBe("Persuasion; a=novel #1 \\");
        tags.GetProperty("album").GetString()!.TrimEnd().ShouldBe("Persuasion; a=novel #1 \\");
        tags.GetProperty("artist").GetString().ShouldBe("Jane Austen");
        tags.GetProperty("composer").GetString().ShouldBe("Sally");
        tags.GetProperty("genre").GetString().ShouldBe("Audiobook");
        Seconds(probe.GetProperty("format"), "duration").ShouldBe((double)book.Samples / book.Rate, 0.05);
        var codec = probe.GetProperty("streams").EnumerateArray().First().GetProperty("codec_name").GetString();
        codec.ShouldBe(name == "m4b" ? "aac" : "mp3");
    }

    [Fact]
    public async Task An_M4B_can_be_played_before_all_of_it_is_there()
    {
        using var directory = new PrivateDirectory();
        var (book, segments) = await MakeAsync(AudioFormat.Find("m4b")!, ["One"]);
        var path = directory.File("book.m4b");
        await new Packaging(Sound.Ffmpeg).WriteAsync(book, Sound.Streams(segments), path, Token);
        var bytes = await File.ReadAllBytesAsync(path, Token);
        bytes.AsSpan().IndexOf("moov"u8).ShouldBeLessThan(bytes.AsSpan().IndexOf("mdat"u8));
        bytes.AsSpan(4, 8).SequenceEqual("ftypM4A "u8).ShouldBeTrue();
        bytes.AsSpan().IndexOf("stik"u8).ShouldBeGreaterThan(0); // media type: audiobook
    }

    [Fact]
    public async Task A_WAV_is_read_back_sample_for_sample()
    {
        using var directory = new PrivateDirectory();
        var (book, segments) = await MakeAsync(AudioFormat.Find("wav")!, ["One", "Two"]);
        var path = directory.File("book.wav");
        await new Packaging(Sound.Ffmpeg).WriteAsync(book, Sound.Streams(segments), path, Token);
        (await new Packaging(Sound.Ffmpeg).VerifyAsync(book, path, Token)).ShouldBeNull();
        var reading = Wav.Read(await File.ReadAllBytesAsync(path, Token));
        reading.Audio!.Samples.Length.ShouldBe((int)book.Samples);
        reading.Audio.Rate.ShouldBe(16_000);
    }

    [Theory]
    [InlineData("m4b")]
    [InlineData("mp3")]
    [InlineData("wav")]
    public async Task A_file_that_lacks_a_segment_is_found_out(string name)
    {
        using var directory = new PrivateDirectory();
        var (book, segments) = await MakeAsync(AudioFormat.Find(name)!, ["One", "Two"]);
        var path = directory.File("book." + name);
        await new Packaging(Sound.Ffmpeg).WriteAsync(book, Sound.Streams(segments.Take(1)), path, Token);
        (await new Packaging(Sound.Ffmpeg).VerifyAsync(book, path, Token))!.ShouldContain("samples");
    }

    [Fact]
    public async Task A_file_with_another_number_of_chapters_is_found_out()
    {
        using var directory = new PrivateDirectory();
        var (book, segments) = await MakeAsync(AudioFormat.Find("m4b")!, ["One", "Two"]);
        var path = directory.File("book.m4b");
        await new Packaging(Sound.Ffmpeg).WriteAsync(book, Sound.Streams(segments), path, Token);
        var merged = book with { Chapters = [new BookChapter("All", book.Samples)] };
        (await new Packaging(Sound.Ffmpeg).VerifyAsync(merged, path, Token))!.ShouldContain("2 chapters where 1");
    }

    [Fact]
    public async Task A_source_that_breaks_off_leaves_no_finished_book()
    {
        using var directory = new PrivateDirectory();
        var (book, segments) = await MakeAsync(AudioFormat.Find("m4b")!, ["One"]);
        var writing = new Packaging(Sound.Ffmpeg).WriteAsync(book, Broken(segments), directory.File("book.m4b"), Token);
        (await Should.ThrowAsync<IOException>(() => writing)).Message.ShouldBe("The blob is gone.");
    }

    [Fact]
    public async Task More_chapters_than_one_byte_counts_are_all_there()
    {
        using var directory = new PrivateDirectory();
        foreach (var name in new[] { "m4b", "mp3" })
        {
            var format = AudioFormat.Find(name)!;
            var chunk = new SegmentChunk(Sound.Tone(0.2, 5_000), TimeSpan.FromMilliseconds(50), 0);
            var segment = await new SegmentEncoder(Sound.Ffmpeg).EncodeAsync([chunk], format, Token);
            var segments = Enumerable.Repeat(segment, 300).ToList();
            var chapters = segments.Select((one, i) => new BookChapter($"Number {i + 1}", one.Samples)).ToList();
            var book = new Book("Many", null, null, chapters, format, segment.Rate);
            var path = directory.File("many." + name);
            await new Packaging(Sound.Ffmpeg).WriteAsync(book, Sound.Streams(segments), path, Token);
            (await new Packaging(Sound.Ffmpeg).VerifyAsync(book, path, Token)).ShouldBeNull();
        }
    }

    private static async Task<(Book Book, List<EncodedSegment> Segments)> MakeAsync(AudioFormat format, string[] titles)
    {
        var (segments, chapters) = (new List<EncodedSegment>(), new List<BookChapter>());
        foreach (var chapter in titles)
        {
            var chunk = new SegmentChunk(
                Sound.Tone(0.5 + chapters.Count * 0.13, 6_000),
                TimeSpan.FromMilliseconds(200),
                0
            );
            var segment = await new SegmentEncoder(Sound.Ffmpeg).EncodeAsync([chunk], format, Token);
            segments.Add(segment);
            chapters.Add(new BookChapter(chapter, segment.Samples));
        }
        const string title = "Persuasion; a=novel #1 \\";
        return (new Book(title, "Jane Austen", "Sally", chapters, format, segments[0].Rate), segments);
    }

    private static async IAsyncEnumerable<Stream> Broken(IEnumerable<EncodedSegment> segments)
    {
        await foreach (var stream in Sound.Streams(segments))
            yield return stream;
        throw new IOException("The blob is gone.");
    }

    private static string Title(JsonElement chapter) =>
        chapter.GetProperty("tags").GetProperty("title").GetString()!.TrimEnd();

    private static double Seconds(JsonElement of, string name) =>
        double.Parse(of.GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture);
}
