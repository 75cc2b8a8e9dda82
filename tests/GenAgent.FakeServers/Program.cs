using GenAgent.FakeServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

// usage: GenAgent.FakeServers chat|judge|comfyui|trainer [DELAY_MS] [URL]: serves on a free port of the loopback, or there, writes its address, and ends
// when standard input does.
var delay = TimeSpan.FromMilliseconds(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 0);
var builder = WebApplication.CreateSlimBuilder();
builder.WebHost.UseUrls(args.Length > 2 ? args[2] : "http://127.0.0.1:0");
builder.Logging.ClearProviders();
var app = builder.Build();
app.UseWebSockets();
switch (args.FirstOrDefault())
{
    case "chat":
        new ChatServer(delay).Map(app);
        break;
    case "judge":
        new JudgeServer(delay).Map(app);
        break;
    case "comfyui":
        var comfy = new ComfyServer(delay);
        app.Lifetime.ApplicationStopped.Register(comfy.Dispose);
        comfy.Map(app);
        break;
    case "trainer":
        new TrainerServer().Map(app);
        break;
    default:
        Console.Error.WriteLine("usage: GenAgent.FakeServers chat|judge|comfyui|trainer [DELAY_MS] [URL]");
        return 2;
}

await app.StartAsync();
Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

// Whoever started this holds the other end: when that process is gone, so is this one.
await Console.In.ReadToEndAsync();
await app.StopAsync();
return 0;
