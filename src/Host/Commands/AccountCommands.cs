using System.CommandLine;
using Lectern.Accounts.Contracts;

namespace Lectern.Host.Commands;

/// <summary><c>lectern people …</c> and <c>lectern keys …</c>.</summary>
internal static class AccountCommands
{
    public static IEnumerable<Command> Create() => [People(), Keys()];

    private static Command People()
    {
        var email = new Option<string>("--email") { Description = "The person's address.", Required = true };
        var name = new Option<string?>("--name") { Description = "What to call them." };
        var admin = new Option<bool>("--admin") { Description = "They administer the platform." };
        var stdin = new Option<bool>("--password-stdin")
        {
            Description = "Read the password from standard input; without it one is made up and printed.",
        };
        var create = new Command("create", "Make an account with a confirmed address.") { email, name, admin, stdin };
        create.SetAction(
            (parsed, cancel) =>
                RunAsync(
                    async (services, token) =>
                        await services
                            .GetRequiredService<PeopleOperations>()
                            .CreateAsync(
                                parsed.GetRequiredValue(email),
                                parsed.GetValue(name),
                                parsed.GetValue(admin),
                                parsed.GetValue(stdin) ? await Console.In.ReadLineAsync(token) ?? "" : null,
                                token
                            ),
                    cancel
                )
        );
        return new Command("people", "People with an account.")
        {
            create,
            SetAdmin("promote", "Make somebody an administrator of the platform.", true),
            SetAdmin("demote", "Make an administrator of the platform an ordinary person; ends their sessions.", false),
        };
    }

    private static Command SetAdmin(string verb, string description, bool admin)
    {
        var email = new Option<string>("--email") { Description = "The person's address.", Required = true };
        var command = new Command(verb, description) { email };
        command.SetAction(
            (parsed, cancel) =>
                RunAsync(
                    (services, token) =>
                        services
                            .GetRequiredService<PeopleOperations>()
                            .SetAdminAsync(parsed.GetRequiredValue(email), admin, token),
                    cancel
                )
        );
        return command;
    }

    private static Command Keys()
    {
        var rotate = new Command("rotate", "Sign access tokens with a new key from in two minutes on; refuses nobody.");
        rotate.SetAction(
            (_, cancel) =>
                RunAsync(
                    (services, token) =>
                        services
                            .GetRequiredService<SigningKeyOperations>()
                            .RotateAsync(SigningKeyOperations.Delay, token),
                    cancel
                )
        );
        var rewrap = new Command(
            "rewrap",
            "Bring the vault under a new wrapping key, beside a running host; run it again if it was broken off."
        );
        rewrap.SetAction(
            (_, cancel) =>
                RunAsync(
                    async (services, token) =>
                    {
                        var done = await services
                            .GetRequiredService<VaultRewrap>()
                            .RunAsync(token, count => Console.WriteLine($"{count} data keys"));
                        return new OperatorAnswer(
                            true,
                            $"{(done.IsResumed ? "Finished what was broken off: every" : "Every")} data key is under generation {done.Generation}; {done.Rewrapped} were brought there."
                        );
                    },
                    cancel
                )
        );
        return new Command("keys", "The keys that tokens are signed with and secrets are kept under.")
        {
            rotate,
            rewrap,
        };
    }

    private static Task<int> RunAsync(
        Func<IServiceProvider, CancellationToken, Task<OperatorAnswer>> work,
        CancellationToken cancel
    ) =>
        OperatorWork.RunAsync(
            async (services, token) =>
            {
                var answer = await work(services, token);
                await (answer.Done ? Console.Out : Console.Error).WriteLineAsync(answer.Text);
                return answer.Done ? 0 : 1;
            },
            cancel
        );
}
