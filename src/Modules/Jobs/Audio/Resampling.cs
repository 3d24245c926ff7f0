using System.Globalization;
using System.Runtime.InteropServices;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Jobs.Audio;

/// <summary>Brings audio to the one sample rate of a book, which is that of its narrator.</summary>
internal sealed class Resampling(Ffmpeg ffmpeg)
{
    /// <summary>The same sound at another rate; the very same when it has it already.</summary>
    /// <exception cref="ExternalProgramException">ffmpeg is absent, failed or took too long.</exception>
    public async Task<Pcm> ToRateAsync(Pcm audio, int rate, CancellationToken cancellationToken)
    {
        if (audio.Rate == rate)
            return audio;
        var call = ffmpeg.Call([
            .. Ffmpeg.RawInput(audio.Rate),
            .. (string[])["-ar", rate.ToString(CultureInfo.InvariantCulture), "-f", "s16le", "pipe:1"],
        ]) with
        {
            Input = MemoryMarshal.AsBytes(audio.Samples.Span).ToArray(),
        };
        var result = await ExternalProgram.RunAsync(call, cancellationToken);
        return new Pcm(MemoryMarshal.Cast<byte, short>(result.Output.Span).ToArray(), rate);
    }
}
