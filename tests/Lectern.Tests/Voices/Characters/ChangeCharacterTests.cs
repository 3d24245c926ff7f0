using Lectern.Voices.Characters;
using Lectern.Voices.Contracts;

namespace Lectern.Tests.Voices.Characters;

/// <summary>Decisions and folds about a character, without a host.</summary>
public sealed class ChangeCharacterTests
{
    private static readonly CharacterCreated Created = new("en", "female", "5a", 5_000, new CharacterParameters());

    [Fact]
    public void What_is_as_it_was_is_no_event()
    {
        Decide(new ChangeCharacter()).ShouldBeEmpty();
        Decide(new ChangeCharacter(Visibility: CharacterVisibility.Private)).ShouldBeEmpty();
        Decide(new ChangeCharacter(Parameters: new ChangedParameters(Speed: 1))).ShouldBeEmpty();
        Decide(new ChangeCharacter(Visibility: CharacterVisibility.Public), new CharacterPublished()).ShouldBeEmpty();
    }

    [Fact]
    public void A_name_moves_the_version_and_is_not_told()
    {
        Decide(new ChangeCharacter("Beth")).ShouldBe([new CharacterChanged(new CharacterParameters())]);
    }

    [Fact]
    public void Parameters_that_are_not_named_stay()
    {
        var before = new CharacterChanged(new CharacterParameters(1.5, 16, 0.3, false));

        Decide(new ChangeCharacter(Parameters: new ChangedParameters(Steps: 8)), before)
            .ShouldBe([new CharacterChanged(new CharacterParameters(1.5, 8, 0.3, false))]);
    }

    [Fact]
    public void It_is_published_and_taken_back()
    {
        Decide(new ChangeCharacter(Visibility: CharacterVisibility.Public)).ShouldBe([new CharacterPublished()]);
        Decide(new ChangeCharacter(Visibility: CharacterVisibility.Private), new CharacterPublished())
            .ShouldBe([new CharacterUnpublished()]);
    }

    [Fact]
    public void A_clone_is_due_with_a_consent_until_there_is_one()
    {
        var consent = new ConsentGiven("self", "5a");
        var cloned = new VoiceCloned("elevenlabs", "v1");

        After().IsToBeCloned.ShouldBeFalse();
        After(consent).IsToBeCloned.ShouldBeTrue();
        After(consent, new CloneFailed("elevenlabs", "busy")).IsToBeCloned.ShouldBeTrue();
        After(consent, cloned).IsToBeCloned.ShouldBeFalse();
        After(consent, cloned, new ConsentWithdrawn()).IsToBeCloned.ShouldBeFalse();
        After(consent, cloned, new ConsentWithdrawn(), consent).IsToBeCloned.ShouldBeTrue();
        After(consent, new CharacterDeleted()).IsToBeCloned.ShouldBeFalse();
    }

    [Fact]
    public void That_an_old_clone_is_gone_at_last_does_not_touch_a_new_one()
    {
        var consent = new ConsentGiven("self", "5a");

        var state = After(
            consent,
            new VoiceCloned("elevenlabs", "v1"),
            new ConsentWithdrawn(),
            consent,
            new VoiceCloned("elevenlabs", "v2"),
            new CloneDeleted("elevenlabs", "v1")
        );

        state.CloneVoice.ShouldBe("v2");
    }

    private static IReadOnlyList<object> Decide(ChangeCharacter change, params object[] before) =>
        ChangeCharacter.Decide(After(before), change);

    private static Character After(params object[] events) =>
        events.Aggregate(Character.Evolve(Character.Initial, Created), Character.Evolve);
}
