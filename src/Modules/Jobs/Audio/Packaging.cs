using System.Globalization;
using System.Text;
using System.Text.Json;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Jobs.Audio;

/// <summary>
/// Joins encoded segments into the finished file without encoding again. Segments are streamed one after the other, so
/// memory does not grow with the book.
/// </summary>
internal sealed class Packaging(Ffmpeg ffmpeg)
{
    /// <summary>Writes the file.</summary>
    /// <param name="book">What it says about itself; its chapters' lengths are the segments' lengths.</param>
    /// <param name="segments">The segments' bytes in reading order; each stream is disposed when it has been read.</param>
    /// <param name="path">A new file, on a file system with room for it twice while an M4B is put in order.</param>
    /// <param name="cancellationToken">Ends the work; the unfinished file is the caller's to delete.</param>
    /// <exception cref="ExternalProgramException">ffmpeg is absent, failed or took too long.</exception>
    public Task WriteAsync(
        Book book,
        IAsyncEnumerable<Stream> segments,
        string path,
        CancellationToken cancellationToken
    ) =>
        book.Format.Kind switch
        {
            AudioKind.M4b => WriteM4bAsync(book, segments, path, cancellationToken),
            AudioKind.Mp3 => WriteMp3Async(book, segments, path, cancellationToken),
            _ => WriteWavAsync(book, segments, path, cancellationToken),
        };

    /// <summary>Checks the finished file from outside: the codec's packets and the chapters that ffprobe sees.</summary>
    /// <returns>What is wrong, in a sentence; null when it is as it should be.</returns>
    /// <exception cref="ExternalProgramException">ffprobe is absent, or can't read the file at all.</exception>
    public async Task<string?> VerifyAsync(Book book, string path, CancellationToken cancellationToken)
    {
        // MP3 packets are counted by reading them, since the count in the header is our own claim.
        string[] count = book.Format.Kind == AudioKind.Mp3 ? ["-count_packets"] : [];
        var demuxer = book.Format.Kind == AudioKind.M4b ? "mov" : book.Format.Name;
        string[] show = [.. count, "-select_streams", "a", "-show_streams", "-show_chapters"];
        var probe = await ffmpeg.ProbeAsync(path, demuxer, show, cancellationToken);

        var audio = probe.GetProperty("streams").EnumerateArray().Single();
        var samples = book.Format.Kind switch
        {
            AudioKind.M4b => Number(audio, "nb_frames") * book.Format.FrameSamples,
            AudioKind.Mp3 => Number(audio, "nb_read_packets") * book.Format.FrameSamples,
            _ => audio.GetProperty("duration_ts").GetInt64(),
        };
        if (samples != book.Samples)
            return $"The file plays {samples} samples where {book.Samples} are due.";
        if (Number(audio, "sample_rate") != book.Rate)
            return $"The file plays at {Number(audio, "sample_rate")} Hz where {book.Rate} are due.";

        var chapters = probe.GetProperty("chapters").GetArrayLength();
        return book.Format.Kind != AudioKind.Wav && chapters != book.Chapters.Count
            ? $"The file shows {chapters} chapters where {book.Chapters.Count} are due."
            : null;
    }

    private async Task WriteM4bAsync(
        Book book,
        IAsyncEnumerable<Stream> segments,
        string path,
        CancellationToken cancellationToken
    )
    {
        using var directory = new PrivateDirectory();
        var metadata = directory.File("book.ffmetadata");
        await File.WriteAllTextAsync(metadata, Metadata(book), cancellationToken);
        var call = ffmpeg.Call([
            // With a pipe and a second input ffmpeg 5 naps 10 ms whenever its queue is empty; with the default of 8 packets
            // a ten-hour book would take half an hour of naps instead of five seconds.
            .. (string[])["-thread_queue_size", "4096"],
            .. Ffmpeg.Input("aac"),
            .. (string[])["-i", "pipe:0"],
            .. Ffmpeg.Input("ffmetadata"),
            .. (string[])["-i", "file:" + metadata],
            .. (string[])["-map", "0:a:0", "-map_metadata", "1", "-map_chapters", "1", "-c", "copy"],
            // "ipod" is ffmpeg's MP4 with Apple's brand; media type 2 is its word for an audiobook; the index goes first
            // so that a player can begin before it has the whole file.
            .. (string[])["-metadata", "media_type=2", "-movflags", "+faststart", "-f", "ipod", "file:" + path],
        ]) with
        {
            WriteInput = (input, token) => CopyAllAsync(segments, input, token),
            Timeout = TimeSpan.FromMinutes(30),
        };
        await ExternalProgram.RunAsync(call, cancellationToken);
    }

    private static async Task WriteMp3Async(
        Book book,
        IAsyncEnumerable<Stream> segments,
        string path,
        CancellationToken cancellationToken
    )
    {
        await using var file = NewFile(path);
        await file.WriteAsync(Mp3Tags.Id3(book), cancellationToken);
        var infoAt = file.Position;
        var frames = book.Samples / book.Format.FrameSamples;
        await file.WriteAsync(Mp3Tags.Info(book.Format, frames, 0), cancellationToken);
        var framesAt = file.Position;
        await CopyAllAsync(segments, file, cancellationToken);
        var frameBytes = file.Position - framesAt;
        file.Position = infoAt;
        await file.WriteAsync(Mp3Tags.Info(book.Format, frames, frameBytes), cancellationToken);
    }

    private static async Task WriteWavAsync(
        Book book,
        IAsyncEnumerable<Stream> segments,
        string path,
        CancellationToken cancellationToken
    )
    {
        await using var file = NewFile(path);
        await file.WriteAsync(Wav.Header(book.Samples, book.Rate), cancellationToken);
        await CopyAllAsync(segments, file, cancellationToken);
    }

    private static FileStream NewFile(string path) =>
        new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 64 * 1024, useAsync: true);

    private static async Task CopyAllAsync(
        IAsyncEnumerable<Stream> segments,
        Stream target,
        CancellationToken cancellationToken
    )
    {
        await foreach (var segment in segments.WithCancellation(cancellationToken))
            await using (segment)
                await segment.CopyToAsync(target, cancellationToken);
    }

    private static string Metadata(Book book)
    {
        var text = new StringBuilder(";FFMETADATA1\n");
        foreach (var (name, value) in book.Tags())
            text.Append(CultureInfo.InvariantCulture, $"{name}={Escape(value)}\n");
        foreach (var (title, start, end) in book.Marks())
            text.Append(
                CultureInfo.InvariantCulture,
                $"[CHAPTER]\nTIMEBASE=1/{book.Rate}\nSTART={start}\nEND={end}\ntitle={Escape(title)}\n"
            );
        return text.ToString();
    }

    // The format's own rule: these characters take a backslash; line ends were taken out before. ffmpeg's reader takes a
    // line that ends in an (escaped) backslash for an unfinished one, so such a value gets a space at its end.
    private static string Escape(string value)
    {
        var escaped = new StringBuilder(value.Length);
        foreach (var c in value)
        {
            if (c is '=' or ';' or '#' or '\\')
                escaped.Append('\\');
            escaped.Append(c);
        }
        return value.EndsWith('\\') ? escaped.Append(' ').ToString() : escaped.ToString();
    }

    private static long Number(JsonElement stream, string name) =>
        long.Parse(stream.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);
}
