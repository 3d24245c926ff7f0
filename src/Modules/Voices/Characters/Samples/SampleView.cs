using Lectern.Eventing;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Media;
using Npgsql;
using NpgsqlTypes;

namespace Lectern.Voices.Characters.Samples;

/// <summary>What was heard in a voice sample.</summary>
/// <param name="DurationSeconds">How long it plays.</param>
/// <param name="LevelDb">Its RMS level in dBFS, as it was sent; what is stored is normalised.</param>
/// <param name="PeakDb">Its loudest moment in dBFS.</param>
/// <param name="NoiseFloorDb">Its quietest moments in dBFS.</param>
/// <param name="ClippedShare">Of its samples, those at full scale.</param>
/// <param name="Pitch">How high the voice is, in hertz; null when none is heard.</param>
/// <param name="Warnings">What would make a better sample: <c>noisy</c>, <c>no_pitch</c>, <c>short</c>.</param>
internal sealed record SampleView(
    double DurationSeconds,
    double LevelDb,
    double PeakDb,
    double NoiseFloorDb,
    double ClippedShare,
    PitchRange? Pitch,
    IReadOnlyList<string> Warnings
)
{
    /// <summary>The columns that <see cref="Read"/> takes, of the table <c>s</c>.</summary>
    public const string Columns =
        "s.duration_ms, s.level_db, s.peak_db, s.floor_db, s.clipped_share, s.pitch_median, s.pitch_low, s.pitch_high";

    // A clean recording's pauses lie 40 dB and more below its speech; at 15 dB the noise is in every word.
    private const double LeastDistanceDb = 15;
    private const double ShortMs = 10_000;

    public static SampleView Of(SampleDescription sample) =>
        new(
            sample.DurationMs / 1000.0,
            sample.LevelDb,
            sample.PeakDb,
            sample.FloorDb,
            sample.ClippedShare,
            sample.Pitch,
            [.. Warn(sample)]
        );

    public static SampleDescription Read(NpgsqlDataReader row, int at) =>
        new(
            row.GetInt32(at),
            row.GetDouble(at + 1),
            row.GetDouble(at + 2),
            row.GetDouble(at + 3),
            row.GetDouble(at + 4),
            row.IsDBNull(at + 5)
                ? null
                : new PitchRange(row.GetDouble(at + 5), row.GetDouble(at + 6), row.GetDouble(at + 7))
        );

    public static void Save(Session session, Guid character, StoredBlob audio, SampleDescription sample) =>
        session.Execute(
            """
            insert into voices.samples (character_id, workspace_id, blob, sha256, bytes, duration_ms, level_db, peak_db,
                                        floor_db, clipped_share, pitch_median, pitch_low, pitch_high)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """,
            character,
            session.Context.Workspace,
            audio.Key,
            audio.Sha256,
            audio.Size,
            sample.DurationMs,
            sample.LevelDb,
            sample.PeakDb,
            sample.FloorDb,
            sample.ClippedShare,
            Number(sample.Pitch?.Median),
            Number(sample.Pitch?.Low),
            Number(sample.Pitch?.High)
        );

    private static IEnumerable<string> Warn(SampleDescription sample)
    {
        if (sample.LevelDb - sample.FloorDb < LeastDistanceDb)
            yield return "noisy";
        if (sample.Pitch is null)
            yield return "no_pitch";
        if (sample.DurationMs < ShortMs)
            yield return "short";
    }

    private static Typed Number(double? value) => new(value, NpgsqlDbType.Double);
}
