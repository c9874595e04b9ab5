-- Lets wrk send prepared requests, each once, count the answers as they should be, and wait for the last one.
-- Arguments: the file of requests (each ended by a NUL), for how many seconds to send, the status to expect,
-- and over how many connections wrk sends.

local ffi = require("ffi")
ffi.cdef [[
    typedef struct { long seconds; long nanoseconds; } flattr_timespec;
    int clock_gettime(int clock, flattr_timespec *result);
]]
local MONOTONIC = 1
local FOREVER = 24 * 3600 * 1000
local moment = ffi.new("flattr_timespec")

local function now()
    ffi.C.clock_gettime(MONOTONIC, moment)
    return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(arguments)
    requests = {}
    for request in io.open(arguments[1], "rb"):read("*a"):gmatch("([^%z]+)%z") do
        table.insert(requests, request)
    end
    seconds, expected, connections = tonumber(arguments[2]), tonumber(arguments[3]), tonumber(arguments[4])
    verified = false
    sent, good, bad, first_bad, started, ended = 0, 0, 0, "", nil, nil
end

-- Without this, wrk would hang up on its last requests, whose clicks are then recorded and never answered.
function delay()
    if started and (now() - started >= seconds or sent >= #requests - connections) then
        return FOREVER
    end
    return 0
end

function request()
    if not verified then
        -- wrk looks at one request before it starts, and doesn't send it.
        verified = true
        return requests[1]
    end
    started = started or now()
    sent = sent + 1
    return requests[sent]
end

function response(status, headers, body)
    ended = now()
    if status == expected then
        good = good + 1
    else
        bad = bad + 1
        if bad == 1 then
            first_bad = status .. " " .. (headers["Location"] or headers["location"] or "")
        end
    end
end

function done(summary, latency, rates)
    local thread = threads[1]
    local errors = summary.errors
    io.write(string.format(
        '{"sent": %d, "good": %d, "bad": %d, "first_bad": "%s", "seconds": %.6f, "socket_errors": [%d, %d, %d, %d], '
            .. '"p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f}\n',
        thread:get("sent"), thread:get("good"), thread:get("bad"), thread:get("first_bad"),
        thread:get("ended") - thread:get("started"),
        errors.connect, errors.read, errors.write, errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000
    ))
end
