using Lectern.SharedKernel.Media;
using Lectern.Tests.Accounts.Profile;

namespace Lectern.Tests.SharedKernel.Media;

public sealed class JpegFileTests
{
    [Theory]
    [InlineData("yuvj420p")]
    [InlineData("yuvj444p")]
    public async Task A_file_is_whole_up_to_its_last_byte_and_whatever_follows(string pixels)
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            var jpeg = await Pictures.AsAsync(Pictures.Png(60, 40, seed: seed), "-c:v", "mjpeg", "-pix_fmt", pixels);

            JpegFile.IsWhole(jpeg).ShouldBeTrue();
            JpegFile.IsWhole([.. jpeg, .. jpeg.AsSpan(0, 100)]).ShouldBeTrue("a film, say, is appended by telephones");
            for (var length = 0; length < jpeg.Length; length++)
                JpegFile.IsWhole(jpeg.AsSpan(0, length)).ShouldBeFalse($"{length} of {jpeg.Length}");
        }
    }

    [Fact]
    public void The_end_of_a_thumbnail_within_a_segment_is_not_that_of_the_image()
    {
        byte[] withThumbnail = [0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xD8, 0xFF, 0xD9];
        JpegFile.IsWhole(withThumbnail).ShouldBeFalse();
        JpegFile.IsWhole([.. withThumbnail, 0xFF, 0xFF, 0xD9]).ShouldBeTrue();
    }

    [Fact]
    public void Lengths_that_lie_lead_nowhere()
    {
        JpegFile.IsWhole([0xFF, 0xD8, 0xFF, 0xE1, 0, 0, 0xFF, 0xE1, 0, 0]).ShouldBeFalse();
        JpegFile.IsWhole([0xFF, 0xD8, 0xFF, 0xE1, 0xFF, 0xFF, 0xFF, 0xD9]).ShouldBeFalse();
        JpegFile.IsWhole([0xFF, 0xD8, 0xFF, 0xE1, 0]).ShouldBeFalse();
        JpegFile.IsWhole([]).ShouldBeFalse();
    }
}
