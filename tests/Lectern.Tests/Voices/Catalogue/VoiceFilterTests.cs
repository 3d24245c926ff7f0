using Lectern.Providers;
using Lectern.Voices.Catalogue;
using Lectern.Voices.Contracts;

namespace Lectern.Tests.Voices.Catalogue;

public sealed class VoiceFilterTests
{
    private static readonly FakeEngine Engine = new("flite");
    private static readonly CatalogueVoice American = new(
        FakeEngine.Voice("flite-slt", "en-US", VoiceGender.Female),
        Engine,
        "1",
        null
    );

    [Theory]
    [InlineData(null, null, null, true)]
    [InlineData("flite", null, null, true)]
    [InlineData("FLITE", null, null, true)]
    [InlineData("espeak", null, null, false)]
    [InlineData(null, "en", null, true)]
    [InlineData(null, "EN-us", null, true)]
    [InlineData(null, "en-GB", null, false)]
    [InlineData(null, "e", null, false)]
    [InlineData(null, "en-", null, false)]
    [InlineData(null, "en-US-x", null, false)]
    [InlineData(null, null, "female", true)]
    [InlineData(null, null, "male", false)]
    [InlineData("flite", "en", "female", true)]
    [InlineData("flite", "en", "neutral", false)]
    public void All_that_is_named_must_fit(string? provider, string? language, string? gender, bool taken) =>
        VoiceFilter.Parse(provider, language, gender).ShouldNotBeNull().Takes(American).ShouldBe(taken);

    [Theory]
    [InlineData("")]
    [InlineData("Female")]
    [InlineData("1")]
    [InlineData("none")]
    public void There_is_no_other_gender(string gender) => VoiceFilter.Parse(null, null, gender).ShouldBeNull();
}
