using Lectern.Activity.Feed;
using Lectern.SharedKernel;

namespace Lectern.Tests.Activity.Feed;

public sealed class WordingTests
{
    [Theory]
    [InlineData("{actor} made the character {subject}.", "Anne", "Nemo", "Anne made the character Nemo.")]
    [InlineData("{subject} signed up.", "Lectern", "anne", "anne signed up.")]
    [InlineData("{subject} was made.", "Anne", "a deleted scene", "a deleted scene was made.")]
    [InlineData("{actor} changed {subject}.", "{subject}", "{actor}", "{subject} changed {actor}.")]
    [InlineData("Only 3 credits are left.", "Anne", "Ours", "Only 3 credits are left.")]
    public void Names_are_put_in_as_they_are(string sentence, string actor, string subject, string text) =>
        Wording.Write(sentence, new ThingName(actor), new ThingName(subject)).ShouldBe(text);

    [Theory]
    [InlineData("{subject} failed.", "Lectern", "a deleted job", "A deleted job failed.")]
    [InlineData(
        "{actor} changed {subject}.",
        "somebody who left",
        "a deleted lexicon",
        "Somebody who left changed a deleted lexicon."
    )]
    public void What_stands_for_a_name_begins_a_sentence_with_a_capital(
        string sentence,
        string actor,
        string subject,
        string text
    ) =>
        Wording
            .Write(sentence, new ThingName(actor, IsGiven: false), new ThingName(subject, IsGiven: false))
            .ShouldBe(text);
}
