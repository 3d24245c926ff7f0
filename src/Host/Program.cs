using System.CommandLine;
using Lectern.Host;
using Lectern.Host.Commands;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

var program = new RootCommand("Lectern turns text into audiobooks.")
{
    ServeCommand.Create(),
    RunCommand.Create(),
    DocsCommand.Create(),
};
foreach (var command in OperatorCommands.Create().Concat(AccountCommands.Create()))
    program.Add(command);
program.SetAction((_, _) => ServeCommand.ServeAsync());

try
{
    var invocation = new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null, // the host handles SIGINT and SIGTERM itself, and takes time to drain
    };
    return await program.Parse(args).InvokeAsync(invocation);
}
catch (StartRefusedException refused)
{
    await Console.Error.WriteLineAsync($"lectern: {refused.Message}");
    return refused.ExitCode;
}
catch (OptionsValidationException invalid)
{
    await Console.Error.WriteLineAsync($"lectern: {invalid.Failures.First()}");
    return StartRefusedException.WrongSetting;
}
catch (IOException taken) when (taken.InnerException is AddressInUseException)
{
    await Console.Error.WriteLineAsync($"lectern: {taken.Message} Set PORT or ASPNETCORE_URLS to a free one.");
    return StartRefusedException.CannotStart;
}
