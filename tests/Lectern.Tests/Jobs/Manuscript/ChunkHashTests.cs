using Lectern.Jobs.Manuscript;

namespace Lectern.Tests.Jobs.Manuscript;

public sealed class ChunkHashTests
{
    private static readonly byte[] Key = [1, 2, 3];
    private static readonly Rendering Plain = new("flite/slt", "", "2.2", 1, "");

    [Fact]
    public void The_encoding_is_pinned_since_stored_audio_is_found_by_it() =>
        Convert
            .ToHexStringLower(ChunkHash.Of(Key, "Call me Ishmael.", Plain))
            .ShouldBe("2cdaf196c175dd65439566f03949953d4d9f994915b1d45663c8e2b9b2dabb46");

    [Fact]
    public void The_same_speed_is_the_same_hash_however_it_is_written() =>
        Hash(Plain with { Speed = 1.00m }).ShouldBe(Hash(Plain));

    [Fact]
    public void All_that_is_heard_makes_another_hash()
    {
        string[] hashes =
        [
            Hash(Plain),
            Hash(Plain, "Call me ishmael."),
            Hash(Plain with { VoiceId = "flite/rms" }),
            Hash(Plain with { Model = "hd" }),
            Hash(Plain with { EngineVersion = "2.3" }),
            Hash(Plain with { Speed = 1.1m }),
            Hash(Plain with { LexiconVersion = "4" }),
            Convert.ToHexString(ChunkHash.Of([9], "Call me Ishmael.", Plain)),
        ];
        hashes.Distinct().Count().ShouldBe(hashes.Length);
    }

    [Fact]
    public void Fields_do_not_run_into_each_other() =>
        Hash(Plain with { VoiceId = "ab", Model = "c" }).ShouldNotBe(Hash(Plain with { VoiceId = "a", Model = "bc" }));

    private static string Hash(Rendering rendering, string spoken = "Call me Ishmael.") =>
        Convert.ToHexString(ChunkHash.Of(Key, spoken, rendering));
}
