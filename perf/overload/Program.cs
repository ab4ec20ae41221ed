using ScaleHub.Perf.Overload;

// Shows what load shedding is for: dotnet run -c Release --project perf/overload [seconds for each step]
// A server in a process of its own, with the API's own middleware, gets one, two and three times what it can take.
return args is ["serve", var port]
    ? await Server.RunAsync(port)
    : await Comparison.RunAsync(args is [var seconds] ? int.Parse(seconds, null) : 8);
