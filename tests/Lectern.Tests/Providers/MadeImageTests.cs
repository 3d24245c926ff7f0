using Lectern.Providers;

namespace Lectern.Tests.Providers;

/// <summary>PNG: https://www.w3.org/TR/png-3/; JPEG: ITU-T T.81; WebP: RFC 9649, section 2.4.</summary>
public class MadeImageTests
{
    [Theory]
    [InlineData("image/png", "89 50 4E 47 0D 0A 1A 0A 00 00 00 00 49 45 4E 44 AE 42 60 82")]
    [InlineData("image/jpeg", "FF D8 FF E0 00 10 FF D9")]
    [InlineData("image/webp", "52 49 46 46 08 00 00 00 57 45 42 50 56 50 38 4C")]
    public void A_picture_is_whole_when_its_last_byte_is_there(string type, string hex)
    {
        var bytes = hex.Split(' ').Select(b => Convert.ToByte(b, 16)).ToArray();
        var whole = MadeImage.Recognize(bytes)!;
        (whole.ContentType, whole.IsWhole).ShouldBe((type, true));
        MadeImage.Recognize(bytes.AsMemory(..^1))!.IsWhole.ShouldBeFalse();
    }
}
