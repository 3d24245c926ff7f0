namespace Lectern.Jobs.Audio;

/// <summary>The kind of file that a job delivers.</summary>
internal enum AudioKind
{
    M4b,
    Mp3,
    Wav,
}

/// <summary>An output format with its bitrate: all that decides how a segment is encoded.</summary>
internal sealed record AudioFormat
{
    // MPEG-1 layer III has these rates and no others (ISO 11172-3); LAME would silently take the next one.
    private static readonly int[] Mp3Bitrates = [64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    private static readonly int[] AacBitrates = [48, 64, 80, 96, 112, 128, 160, 192];

    /// <summary>The format of who names none.</summary>
    public const string Default = "m4b";

    /// <summary>The formats that there are.</summary>
    public static IReadOnlyList<string> Names { get; } = [Default, "mp3", "wav"];

    private AudioFormat(AudioKind kind, int bitrateKbps) => (Kind, BitrateKbps) = (kind, bitrateKbps);

    public AudioKind Kind { get; }

    /// <summary>Kilobits per second; 0 for WAV, whose rate is the engine's.</summary>
    public int BitrateKbps { get; }

    /// <summary>The name in the API and the extension of the file.</summary>
    public string Name => Kind.ToString().ToLowerInvariant();

    public string MediaType =>
        Kind switch
        {
            AudioKind.M4b => "audio/mp4",
            AudioKind.Mp3 => "audio/mpeg",
            _ => "audio/wav",
        };

    /// <summary>Samples per codec frame: AAC-LC 1024, MPEG-1 layer III 1152.</summary>
    public int FrameSamples =>
        Kind switch
        {
            AudioKind.M4b => 1024,
            AudioKind.Mp3 => 1152,
            _ => 1,
        };

    /// <summary>Samples per second of the output.</summary>
    public int RateFor(int engineRate) => Kind == AudioKind.Wav ? engineRate : 44_100;

    /// <summary>The format by its name, or null when there is none or it has no such bitrate.</summary>
    /// <param name="name"><c>m4b</c>, <c>mp3</c> or <c>wav</c>.</param>
    /// <param name="bitrateKbps">Null for the default: 64 for M4B (speech is transparent there), 128 for MP3.</param>
    public static AudioFormat? Find(string name, int? bitrateKbps = null) =>
        name switch
        {
            "m4b" when AacBitrates.Contains(bitrateKbps ?? 64) => new(AudioKind.M4b, bitrateKbps ?? 64),
            "mp3" when Mp3Bitrates.Contains(bitrateKbps ?? 128) => new(AudioKind.Mp3, bitrateKbps ?? 128),
            "wav" when bitrateKbps is null => new(AudioKind.Wav, 0),
            _ => null,
        };

    /// <summary>The bitrates that may be asked for; none for WAV.</summary>
    public static IReadOnlyList<int> BitratesOf(string name) =>
        name switch
        {
            "m4b" => AacBitrates,
            "mp3" => Mp3Bitrates,
            _ => [],
        };
}
