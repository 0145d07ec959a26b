-- The Retro Contest's rules: 9000 for the way to the goal, up to 1000 more for reaching it soon.
-- The game itself counts both, in whole points. It ends at the goal or with a lost life.

local lives = nil
local progress = nil
local bonus = nil

function contest_done()
    local lost = lives ~= nil and data.lives < lives
    lives = data.lives
    return lost or data.level_end_bonus ~= 0
end

function contest_reward()
    if progress == nil then
        progress = data.progress
        bonus = data.contest_bonus
    end
    local reward = data.progress - progress + math.max(0, data.contest_bonus - bonus)
    progress = data.progress
    bonus = data.contest_bonus
    return reward
end
