using System.Buffers.Binary;
using Lectern.Providers;
using Lectern.Providers.Local;

namespace Lectern.Tests.Providers.Local;

public class CoverMakerTests
{
    private static readonly CoverMaker Covers = new(new LocalEngineOptions());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Pride and Prejudice")]
    [InlineData("道可道，非常道。名可名，非常名。无名天地之始；有名万物之母。")]
    [InlineData("כל המשפחות המאושרות דומות זו לזו")]
    [InlineData("Преступление и наказание")]
    [InlineData("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft")]
    [InlineData("A <b>tag</b> & \"an\" &entity; ]]> <!-- <image href=\"file:///etc/passwd\"/>")]
    [InlineData("e\u0301\u0301\u0301 \uD83D\uDC69\u200D\uD83D\uDC69\u200D\uD83D\uDC67 \u202Etxet \uD800 \u0001 \uFFFE")]
    [InlineData("")]
    public async Task Any_title_makes_a_picture_of_the_size(string title)
    {
        foreach (var (width, height) in new[] { (300, 300), (64, 400), (630, 64) })
        {
            var picture = await MakeAsync(new ImageRequest("", width, height) { Lettering = [title, "An Author"] });
            picture.ContentType.ShouldBe("image/png");
            SizeOf(picture).ShouldBe((width, height));
        }
    }

    [Fact]
    public async Task A_seed_gives_the_same_picture_and_another_seed_another()
    {
        var request = new ImageRequest("A storm", 200, 300) { Lettering = ["Emma", "Jane Austen"], Seed = 7 };
        var picture = await MakeAsync(request);
        (await MakeAsync(request)).Bytes.ToArray().ShouldBe(picture.Bytes.ToArray());
        (await MakeAsync(request with { Seed = 8 })).Bytes.ToArray().ShouldNotBe(picture.Bytes.ToArray());
        (await MakeAsync(request with { Lettering = ["Emma"] })).Bytes.ToArray().ShouldNotBe(picture.Bytes.ToArray());
        var unseeded = request with { Seed = null };
        (await MakeAsync(unseeded)).Bytes.ToArray().ShouldBe((await MakeAsync(unseeded)).Bytes.ToArray());
    }

    [Fact]
    public void What_is_lettered_is_text_and_nothing_refers_to_another_file()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var drawing = CoverDrawing.Draw(300, 300, seed, ["</text><image href='file:///etc/passwd'/>", "& < > \""]);
            var names = drawing.DescendantsAndSelf().Select(element => element.Name.LocalName).Distinct().ToList();
            names.ShouldBeSubsetOf(["svg", "rect", "circle", "text"]);
            drawing
                .DescendantsAndSelf()
                .SelectMany(element => element.Attributes())
                .ShouldAllBe(a => !a.Name.LocalName.Contains("href"));
            drawing.ToString().ShouldNotContain("<image");
            drawing.ToString().ShouldNotContain("url(");
        }
    }

    [Fact]
    public void Lines_are_no_longer_than_they_may_be_and_lose_nothing()
    {
        foreach (var text in new[] { "one two three four five six", new string('x', 90), "道可道，非常道。名可名" })
        {
            var lines = CoverDrawing.Wrap(text, 10);
            lines.Count.ShouldBeGreaterThan(1);
            lines.ShouldAllBe(line => line.Length <= 20);
            string.Concat(lines).Replace(" ", "").ShouldBe(text.Replace(" ", ""));
        }
    }

    [Fact]
    public async Task Sizes_and_lengths_have_limits()
    {
        foreach (
            var request in new[]
            {
                new ImageRequest("", 63, 300),
                new ImageRequest("", 300, 4_097),
                new ImageRequest("", -1, 0),
                new ImageRequest("", 300, 300) { Lettering = [new string('a', 2_001)] },
            }
        )
            (await Should.ThrowAsync<ProviderException>(() => MakeAsync(request))).Failure.ShouldBe(
                ProviderFailure.BadInput
            );
        SizeOf(await MakeAsync(new ImageRequest("", 4_096, 4_096) { Lettering = ["Large"] })).ShouldBe((4_096, 4_096));
    }

    [Fact]
    public async Task An_absent_program_says_what_to_install()
    {
        (await Covers.InspectAsync(Token)).IsAvailable.ShouldBeTrue();
        var nowhere = new CoverMaker(new LocalEngineOptions { RsvgConvertPath = "/nowhere/rsvg-convert" });
        (await nowhere.InspectAsync(Token)).Unavailable.ShouldNotBeNull().ShouldContain("librsvg2-bin");
    }

    private static Task<MadeImage> MakeAsync(ImageRequest request) =>
        Covers.MakeAsync(request, CallContext.WithoutKey(Guid.NewGuid()), Token);

    private static (int Width, int Height) SizeOf(MadeImage picture) =>
        (
            BinaryPrimitives.ReadInt32BigEndian(picture.Bytes.Span[16..]),
            BinaryPrimitives.ReadInt32BigEndian(picture.Bytes.Span[20..])
        );
}
