using Lectern.Activity.Feed;

namespace Lectern.Tests.Activity.Feed;

public sealed class WordingTests
{
    [Theory]
    [InlineData("{actor} made the character {subject}.", "Anne", "Nemo", "Anne made the character Nemo.")]
    [InlineData("{subject} failed.", "Anne", "a deleted job", "A deleted job failed.")]
    [InlineData(
        "{actor} changed {subject}.",
        "somebody who left",
        "a deleted lexicon",
        "Somebody who left changed a deleted lexicon."
    )]
    [InlineData("{subject} signed up.", "Lectern", "anne", "anne signed up.")]
    [InlineData("{actor} changed {subject}.", "{subject}", "{actor}", "{subject} changed {actor}.")]
    [InlineData("Only 3 credits are left.", "Anne", "Ours", "Only 3 credits are left.")]
    public void Names_are_put_in_as_they_are(string sentence, string actor, string subject, string text) =>
        Wording.Write(sentence, actor, subject).ShouldBe(text);
}
