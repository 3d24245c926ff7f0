using Lectern.Accounts.ApiKeys;
using Lectern.Accounts.Tokens;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Tests.Accounts.ApiKeys;

public sealed class ApiKeyTextsTests
{
    private readonly ApiKeyTexts _texts = new(new MasterKey(new byte[MasterKey.Length]));

    [Fact]
    public void A_key_that_we_made_is_told_from_one_that_differs_in_any_character()
    {
        var key = _texts.New();
        _texts.IsOurs(key).ShouldBeTrue();

        for (var i = 0; i < key.Length; i++)
            _texts.IsOurs(key[..i] + (key[i] == 'A' ? 'B' : 'A') + key[(i + 1)..]).ShouldBeFalse();
    }

    [Fact]
    public void Neither_is_another_installations_key_ours_nor_anything_of_another_form()
    {
        var key = _texts.New();
        var foreign = new ApiKeyTexts(new MasterKey(Enumerable.Repeat((byte)1, MasterKey.Length).ToArray())).New();

        foreach (
            var text in (string[])
                [
                    foreign,
                    "",
                    "lk_",
                    key[..^1],
                    key + "A",
                    key + "=",
                    " " + key,
                    key.ToUpperInvariant(),
                    new string('A', 51),
                ]
        )
            _texts.IsOurs(text).ShouldBeFalse(text);
    }

    [Fact]
    public async Task Made_up_keys_neither_ask_the_database_nor_fill_the_memory()
    {
        var keys = new VerifiedApiKeys(store: null!, _texts, new Revocations(), TimeProvider.System);

        for (var i = 0; i < 1000; i++)
        {
            var madeUp = "lk_" + Convert.ToHexString(BitConverter.GetBytes(i)).PadRight(48, 'x');
            (await keys.VerifyAsync(madeUp, TestContext.Current.CancellationToken)).Refusal.ShouldBe(
                "The API key is not valid."
            );
        }

        keys.Count.ShouldBe(0);
    }
}
